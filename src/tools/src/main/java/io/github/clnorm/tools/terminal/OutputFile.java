package io.github.clnorm.tools.terminal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files that a command's options name for its results. */
public final class OutputFile {

    private OutputFile() {}

    /** A file for an option, made before the work whose result it takes; null where the option was not given. */
    static AtomicFile open(String option, String name) throws IOException {
        return name == null ? null : new AtomicFile(path(option, name));
    }

    public static Path path(String option, String name) {
        if (name.isEmpty() || name.equals("-")) {
            throw new IllegalArgumentException(option + ": '" + name + "' is not a file name");
        }
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(option + ": '" + name + "' is not a file name: " + e.getReason(), e);
        }
    }

    /** Refuses two options that would write the same file, or one that would write what is read. Null names nothing. */
    public static void distinct(Map<String, String> nameOf) {
        Map<Path, String> optionOf = new LinkedHashMap<>();
        nameOf.forEach((option, name) -> {
            if (name == null) {
                return;
            }
            Path path = path(option, name);
            if (name.startsWith("/dev/") || Files.exists(path) && !Files.isRegularFile(path)) {
                // A terminal takes several.
                return;
            }
            String other = optionOf.put(real(path), option);
            if (other != null) {
                throw new IllegalArgumentException(option + " and " + other + " are the same file: " + name);
            }
        });
    }

    /** The file itself, behind links. */
    public static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }
}
