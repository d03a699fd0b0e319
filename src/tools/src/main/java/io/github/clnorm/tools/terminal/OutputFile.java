package io.github.clnorm.tools.terminal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Checks for the output files that options name. */
public final class OutputFile {

    private OutputFile() {}

    /** Opens an option's file before the work that produces its content; null if the option was not given. */
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

    /** Rejects two options that name the same file. Null names no file. */
    public static void distinct(Map<String, String> nameOf) {
        Map<Path, String> optionOf = new LinkedHashMap<>();
        nameOf.forEach((option, name) -> {
            if (name == null) {
                return;
            }
            Path path = path(option, name);
            if (name.startsWith("/dev/") || Files.exists(path) && !Files.isRegularFile(path)) {
                // Several outputs may go to one terminal or pipe.
                return;
            }
            String other = optionOf.put(real(path), option);
            if (other != null) {
                throw new IllegalArgumentException(option + " and " + other + " are the same file: " + name);
            }
        });
    }

    /** The file with links resolved. */
    public static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }
}
