package io.github.clnorm.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The user's folder for what can be made again: tuned plans and compiled programs. {@code $CLNORM_CACHE} (or the system
 * property {@code clnorm.cache}, which comes first) names it; else it is {@code clnorm} in the platform's own place:
 *
 * <ul>
 *   <li>Linux and other Unixes: {@code $XDG_CACHE_HOME/clnorm}, or {@code ~/.cache/clnorm};
 *   <li>macOS: {@code ~/Library/Caches/clnorm};
 *   <li>Windows: {@code %LOCALAPPDATA%\clnorm\cache}.
 * </ul>
 */
public final class CacheFolder {

    private static final String NAME = "clnorm";

    private CacheFolder() {}

    /**
     * Where it is. It may not exist yet.
     *
     * @return an absolute path; empty where the user has no home and named no folder
     */
    public static Optional<Path> path() {
        String named = System.getProperty("clnorm.cache");
        if (named != null && !named.isEmpty()) {
            return absolute(named);
        }
        return path(System::getenv, System.getProperty("os.name", ""), System.getProperty("user.home"));
    }

    /**
     * Where it is, and with it, made where it did not exist: for its owner alone, as the XDG specification wants.
     *
     * @return an absolute path
     * @throws IOException when there is no such folder and none can be made
     */
    public static Path create() throws IOException {
        return create(path().orElseThrow(() -> new IOException("no cache folder: neither CLNORM_CACHE nor a home is set")));
    }

    /**
     * Makes a folder with its parents where it did not exist, for its owner alone.
     *
     * @param folder where
     * @return the folder
     * @throws IOException when it cannot be made
     */
    public static Path create(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return folder;
        }
        return folder.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
                : Files.createDirectories(folder);
    }

    static Optional<Path> path(UnaryOperator<String> environment, String system, String home) {
        String named = environment.apply("CLNORM_CACHE");
        if (named != null && !named.isEmpty()) {
            return absolute(named);
        }
        String lower = system.toLowerCase(Locale.ROOT);
        // Java says "?" of a user without a home.
        Optional<Path> ofHome = absolute(home).filter(path -> Path.of(home).isAbsolute());
        if (lower.startsWith("mac")) {
            return ofHome.map(path -> path.resolve("Library").resolve("Caches").resolve(NAME));
        }
        if (lower.startsWith("windows")) {
            return absolute(environment.apply("LOCALAPPDATA"))
                    .or(() -> ofHome.map(path -> path.resolve("AppData").resolve("Local")))
                    .map(path -> path.resolve(NAME).resolve("cache"));
        }
        // A relative one is to be ignored, says the specification.
        String xdg = environment.apply("XDG_CACHE_HOME");
        return absolute(xdg)
                .filter(path -> Path.of(xdg).isAbsolute())
                .or(() -> ofHome.map(path -> path.resolve(".cache")))
                .map(path -> path.resolve(NAME));
    }

    private static Optional<Path> absolute(String path) {
        if (path == null || path.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Path.of(path).toAbsolutePath());
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
