package io.github.clnorm.internal.driver;

import io.github.clnorm.internal.cache.CacheFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Remembers which sets of drivers were loaded without harm, so that a later start with the same drivers and the same
 * environment variables needs no {@link ExitGuard}. Each set is an empty file in the cache folder. Thread-safe.
 */
final class LoadedBefore {

    private static final String PREFIX = "loaded-";
    private static final int MAX_FILES = 64;
    // Variables that change between starts and that no driver reads.
    private static final Set<String> OF_THE_SHELL =
            Set.of("PWD", "OLDPWD", "SHLVL", "_", "COLUMNS", "LINES", "LD_PRELOAD");

    /** The file for this process's drivers; null if nothing can be remembered. */
    private final Path file;

    LoadedBefore(Path folder, Installation installation, Map<String, String> environment) {
        file = folder == null ? null : folder.resolve(PREFIX + fingerprint(installation, environment));
    }

    static LoadedBefore ofThisProcess() {
        return new LoadedBefore(StartNotes.userFolder(), Installation.ofThisMachine(), System.getenv());
    }

    boolean isTrue() {
        return file != null && Files.exists(file);
    }

    /** Remembers the set. Called after the drivers were loaded. */
    void remember() {
        if (file == null) {
            return;
        }
        try {
            CacheFolder.create(file.getParent());
            forgetOthersBeyondLimit();
            Files.createFile(file);
        } catch (FileAlreadyExistsException e) {
            // Another process has just created it.
            return;
        } catch (IOException e) {
            System.getLogger(LoadedBefore.class.getName())
                    .log(System.Logger.Level.DEBUG, "the next start guards against exit again", e);
        }
    }

    private void forgetOthersBeyondLimit() throws IOException {
        List<Path> others;
        try (Stream<Path> files = Files.list(file.getParent())) {
            others = files.filter(other -> other.getFileName().toString().startsWith(PREFIX))
                    .toList();
        }
        if (others.size() >= MAX_FILES) {
            StartNotes.delete(others);
        }
    }

    private static String fingerprint(Installation installation, Map<String, String> environment) {
        StringBuilder text = new StringBuilder();
        for (IcdFile icd : installation.icdFiles()) {
            text.append(icd.file()).append('\n').append(icd.library()).append('\n');
            installation.libraryOf(icd).ifPresent(path -> text.append(stamp(path))
                    .append('\n'));
        }
        new TreeMap<>(environment).forEach((name, value) -> {
            if (!OF_THE_SHELL.contains(name)) {
                text.append(name).append('=').append(value).append('\n');
            }
        });
        CRC32 sum = new CRC32();
        sum.update(text.toString().getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(sum.getValue()) + "-"
                + Integer.toHexString(text.toString().hashCode());
    }

    /** Path, size and time of a library, which change when it is replaced. */
    private static String stamp(Path library) {
        try {
            Path real = library.toRealPath();
            return real + " " + Files.size(real) + " "
                    + Files.getLastModifiedTime(real).toMillis();
        } catch (IOException | InvalidPathException e) {
            return library.toString();
        }
    }
}
