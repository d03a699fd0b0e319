package io.github.clnorm.internal.driver;

import io.github.clnorm.internal.cache.CacheFolder;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A temporary folder that only its owner can read, for the input and the report of a child. {@link #close()} removes
 * it.
 * {@link ChildJvm} removes open folders when the process exits. The first folder of a process removes those of dead
 * processes. Thread-safe.
 */
final class ProbeFolder implements AutoCloseable {

    private static final String PREFIX = "clnorm-drivers-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "(\\d{1,18})-.*");
    // Containers that share temporary files do not see each other's processes. No child runs longer than this.
    private static final Duration KEPT = Duration.ofHours(1);

    private static final Set<ProbeFolder> OPEN = ConcurrentHashMap.newKeySet();
    private static final AtomicBoolean SWEPT = new AtomicBoolean();
    private static final int MAX_TRIES = 5;
    // Set before the open folders are removed.
    private static volatile boolean exiting;

    private final Path path;

    ProbeFolder() throws IOException {
        path = newFolder();
        OPEN.add(this);
        if (exiting) {
            // removeAll() may have missed it.
            close();
            throw new IOException("the process is exiting");
        }
        if (SWEPT.compareAndSet(false, true)) {
            sweep(path);
        }
    }

    /** Creates it in the temporary folder, or in the cache folder if that fails. */
    private static Path newFolder() throws IOException {
        String prefix = PREFIX + ProcessHandle.current().pid() + "-";
        try {
            return Files.createTempDirectory(prefix);
        } catch (IOException e) {
            return Files.createTempDirectory(CacheFolder.create(), prefix);
        }
    }

    /** Whether a folder can be created. */
    static boolean isPossible() {
        try {
            Files.delete(newFolder());
            return true;
        } catch (IOException | SecurityException e) {
            return false;
        }
    }

    /** Removes the user's folders of dead processes beside a folder of this process. */
    static void sweep(Path own) {
        try (DirectoryStream<Path> folders =
                Files.newDirectoryStream(own.toAbsolutePath().getParent(), PREFIX + "*")) {
            for (Path folder : folders) {
                Matcher name = NAME.matcher(folder.getFileName().toString());
                if (name.matches()
                        && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                        && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own))
                        && Files.getLastModifiedTime(folder)
                                .toInstant()
                                .isBefore(Instant.now().minus(KEPT))
                        && !StartNotes.isAlive(Long.parseLong(name.group(1)), 0)) {
                    remove(folder);
                }
            }
        } catch (IOException | DirectoryIteratorException | UnsupportedOperationException e) {
            // The next process removes them.
            return;
        }
    }

    /** Removes the open folders when the process exits. */
    static void removeAll() {
        exiting = true;
        for (ProbeFolder folder : OPEN) {
            try {
                remove(folder.path);
            } catch (IOException e) {
                // A later process removes it.
                continue;
            }
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        OPEN.remove(this);
        if (Files.exists(path)) {
            remove(path);
        }
    }

    private static void remove(Path folder) throws IOException {
        for (int tries = 1; ; tries++) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path file : files) {
                    Files.deleteIfExists(file);
                }
            }
            try {
                Files.deleteIfExists(folder);
                return;
            } catch (DirectoryNotEmptyException e) {
                // Another thread has just written to it.
                if (tries == MAX_TRIES) {
                    throw e;
                }
            }
        }
    }
}
