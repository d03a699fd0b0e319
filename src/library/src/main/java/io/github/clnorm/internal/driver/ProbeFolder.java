package io.github.clnorm.internal.driver;

import io.github.clnorm.internal.cache.CacheFolder;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
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
 * A temporary folder that only its owner can read, for what a child needs and reports. Closing removes it; {@link ChildJvm}
 * removes those that are open when the process ends, and the first one of a process removes those of dead processes.
 */
final class ProbeFolder implements AutoCloseable {

    private static final String PREFIX = "clnorm-drivers-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "(\\d{1,18})-.*");
    // Containers that share temporary files do not see each other's processes: no child runs for that long.
    private static final Duration KEPT = Duration.ofHours(1);

    private static final Set<ProbeFolder> OPEN = ConcurrentHashMap.newKeySet();
    private static final AtomicBoolean SWEPT = new AtomicBoolean();

    private final Path path;

    ProbeFolder() throws IOException {
        path = make();
        OPEN.add(this);
        if (SWEPT.compareAndSet(false, true)) {
            sweep(path);
        }
    }

    /** Among temporary files, or where these cannot be written, in the user's cache. */
    private static Path make() throws IOException {
        String prefix = PREFIX + ProcessHandle.current().pid() + "-";
        try {
            return Files.createTempDirectory(prefix);
        } catch (IOException e) {
            return Files.createTempDirectory(CacheFolder.create(), prefix);
        }
    }

    /** Whether one can be made. */
    static boolean isPossible() {
        try {
            Files.delete(make());
            return true;
        } catch (IOException | SecurityException e) {
            return false;
        }
    }

    /** Removes the user's folders of dead processes, beside one of this process. */
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
            // Another process sweeps, too, or the next one does.
            return;
        }
    }

    /** Removes those that are open, when the process ends. */
    static void removeAll() {
        for (ProbeFolder folder : OPEN) {
            try {
                remove(folder.path);
            } catch (IOException e) {
                // The next process sweeps it.
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
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }
}
