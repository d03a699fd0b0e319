package io.github.clnorm.internal.cache;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * The user's cache folder: tuned plans, compiled programs and JOCL's native library. The system property
 * {@code clnorm.cache} names it, or else the environment variable {@code CLNORM_CACHE}. The default is the platform's:
 *
 * <ul>
 *   <li>Linux and other Unixes: {@code $XDG_CACHE_HOME/clnorm}, or {@code ~/.cache/clnorm};
 *   <li>macOS: {@code ~/Library/Caches/clnorm};
 *   <li>Windows: {@code %LOCALAPPDATA%\clnorm\cache}.
 * </ul>
 *
 * <p>Code is loaded from it. Therefore a folder that another user could have written to ({@link Ownership}) is not
 * used: clnorm logs one warning and works without a cache.
 *
 * <p>Thread-safe.
 */
public final class CacheFolder {

    private static final String NAME = "clnorm";

    private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

    private CacheFolder() {}

    /**
     * Returns its path. It may not exist yet.
     *
     * @return an absolute path; empty if the user has no home and named no folder
     */
    public static Optional<Path> path() {
        String named = System.getProperty("clnorm.cache");
        if (named != null && !named.isEmpty()) {
            return absolute(named);
        }
        return path(System::getenv, System.getProperty("os.name", ""), System.getProperty("user.home"));
    }

    /**
     * Returns its path, unless another user could have written to it. In that case it logs one warning with the reason.
     *
     * @return an absolute path, which may not exist yet; empty if there is none that can be used
     */
    public static Optional<Path> usable() {
        Optional<String> problem = problem();
        if (problem.isPresent()) {
            warn(problem.get());
            return Optional.empty();
        }
        return path();
    }

    /**
     * Returns why the folder is not used.
     *
     * @return a sentence with the remedy; empty if it is used or there is none
     */
    public static Optional<String> problem() {
        Optional<Path> folder = path();
        return folder.isEmpty() ? Optional.empty() : problem(folder.get(), Ownership.HERE);
    }

    /**
     * Rejects a folder that another user could have written to. For a folder that does not exist, its nearest existing
     * parent is checked.
     *
     * @param folder any folder
     * @throws UntrustedException with the reason and the remedy
     */
    public static void requireTrusted(Path folder) throws UntrustedException {
        Optional<String> problem = problem(folder, Ownership.HERE);
        if (problem.isPresent()) {
            throw new UntrustedException(problem.get());
        }
    }

    /** Returns why a folder, or its nearest existing parent, must not be used. */
    static Optional<String> problem(Path folder, Ownership ownership) {
        try {
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(folder)) {
                return Optional.of(folder + " is not a folder: set CLNORM_CACHE to one, or remove it");
            }
            if (Files.exists(folder)) {
                return ownership.ofFolder(folder.toRealPath());
            }
            Path above = folder.getParent();
            while (above != null && !Files.exists(above)) {
                above = above.getParent();
            }
            return above == null ? Optional.empty() : ownership.ofParent(above.toRealPath());
        } catch (IOException e) {
            return Optional.of(Reason.of(e, folder));
        }
    }

    /**
     * Describes a failure. Java's own message is often only the name of the file.
     *
     * @param e the failure
     * @param path the path to name if the failure does not name one
     * @return the path and the reason
     */
    public static String reason(IOException e, Path path) {
        return Reason.of(e, path);
    }

    /**
     * Logs why files of the cache are not used, each reason once per process.
     *
     * @param problem the reason
     */
    public static void warn(String problem) {
        if (WARNED.add(problem)) {
            // Created here, because creating a logger would add milliseconds to each start.
            System.getLogger(CacheFolder.class.getName()).log(Level.WARNING, "the cache is not used: {0}", problem);
        }
    }

    /**
     * Returns its path and creates it if it does not exist. Only its owner can enter it, as the XDG specification
     * requires.
     *
     * @return an absolute path
     * @throws UntrustedException if another user could have written to it
     * @throws IOException if it does not exist and cannot be created
     */
    public static Path create() throws IOException {
        return create(
                path().orElseThrow(() -> new IOException("no cache folder: neither CLNORM_CACHE nor a home is set")));
    }

    /**
     * Creates a folder and its parents if they do not exist. Only their owner can enter them.
     *
     * @param folder the folder
     * @return the folder
     * @throws UntrustedException if another user could have written to it
     * @throws IOException if it cannot be created
     */
    public static Path create(Path folder) throws IOException {
        requireTrusted(folder);
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
        // For a user without a home, Java returns "?".
        Optional<Path> ofHome = absolute(home).filter(path -> Path.of(home).isAbsolute());
        if (lower.startsWith("mac")) {
            return ofHome.map(path -> path.resolve("Library").resolve("Caches").resolve(NAME));
        }
        if (lower.startsWith("windows")) {
            return absolute(environment.apply("LOCALAPPDATA"))
                    .or(() -> ofHome.map(path -> path.resolve("AppData").resolve("Local")))
                    .map(path -> path.resolve(NAME).resolve("cache"));
        }
        // The specification says to ignore a relative path.
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
