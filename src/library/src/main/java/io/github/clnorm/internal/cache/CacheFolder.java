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
 * The user's folder for what can be made again: tuned plans, compiled programs and JOCL's native part. {@code $CLNORM_CACHE} (or the system
 * property {@code clnorm.cache}, which comes first) names it; else it is {@code clnorm} in the platform's own place:
 *
 * <ul>
 *   <li>Linux and other Unixes: {@code $XDG_CACHE_HOME/clnorm}, or {@code ~/.cache/clnorm};
 *   <li>macOS: {@code ~/Library/Caches/clnorm};
 *   <li>Windows: {@code %LOCALAPPDATA%\clnorm\cache}.
 * </ul>
 *
 * <p>Code is loaded from it. So a folder that another user could have written to is not used, as {@link Ownership} defines
 * it: one warning in the log says so, and work goes on without a cache.
 *
 * <p>Thread-safe.
 */
public final class CacheFolder {

    private static final String NAME = "clnorm";

    private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

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
     * Where it is, unless another user could have written to it. In that case one warning in the log says why.
     *
     * @return an absolute path, which may not exist yet; empty where there is none, or none to be used
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
     * Why the folder is not used.
     *
     * @return a sentence with the remedy; empty when it is used, or there is none
     */
    public static Optional<String> problem() {
        Optional<Path> folder = path();
        return folder.isEmpty() ? Optional.empty() : problem(folder.get(), Ownership.HERE);
    }

    /**
     * Refuses a folder that another user could have written to. One that does not exist is judged by where it would be.
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

    /** Why a folder, or where it does not exist the one that it would be made in, is not to be used. */
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
     * A failure in words: Java's own message is often the name of the file alone.
     *
     * @param e what the file system answered
     * @param path what was asked for, where the failure does not say
     * @return the path and the reason
     */
    public static String reason(IOException e, Path path) {
        return Reason.of(e, path);
    }

    /**
     * Says in the log why files of the cache are not used: each reason once in a process.
     *
     * @param problem the reason
     */
    public static void warn(String problem) {
        if (WARNED.add(problem)) {
            // Made here: a logger takes milliseconds of every start.
            System.getLogger(CacheFolder.class.getName()).log(Level.WARNING, "the cache is not used: {0}", problem);
        }
    }

    /**
     * Where it is, and with it, made where it did not exist: for its owner alone, as the XDG specification wants.
     *
     * @return an absolute path
     * @throws UntrustedException when another user could have written to it
     * @throws IOException when there is no such folder and none can be made
     */
    public static Path create() throws IOException {
        return create(
                path().orElseThrow(() -> new IOException("no cache folder: neither CLNORM_CACHE nor a home is set")));
    }

    /**
     * Makes a folder with its parents where it did not exist, for its owner alone.
     *
     * @param folder where
     * @return the folder
     * @throws UntrustedException when another user could have written to it
     * @throws IOException when it cannot be made
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
