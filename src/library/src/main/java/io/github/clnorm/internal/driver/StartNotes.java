package io.github.clnorm.internal.driver;

import io.github.clnorm.internal.cache.CacheFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Notes of processes that are loading drivers or opening their first device. A note is an empty file in the cache
 * folder, named by process id and start time, created before and deleted afterwards. The note of a dead process means
 * that it died meanwhile. Notes are neither flushed nor locked: losing one only loses a hint. Immutable and
 * thread-safe.
 */
final class StartNotes {

    private static final Pattern NAME = Pattern.compile("(\\d{1,18})-(\\d{1,18})");
    // The system computes the start of a process from its own start, which changes with the clock.
    private static final Duration SAME_START = Duration.ofSeconds(10);
    private static final Duration KEPT = Duration.ofDays(7);

    private final Path folder;

    /** Uses a folder, which may not exist yet; null for no notes. */
    StartNotes(Path folder) {
        this.folder = folder;
    }

    /** The user's notes. */
    static StartNotes ofUser() {
        return new StartNotes(userFolder());
    }

    /** The folder of the user's notes; null if there is no cache folder, or another user could have written to it. */
    static Path userFolder() {
        return CacheFolder.usable().map(path -> path.resolve("starting")).orElse(null);
    }

    /**
     * Returns the notes of dead processes, and deletes old notes.
     *
     * @return their files
     */
    List<Path> left() {
        if (folder == null || !Files.isDirectory(folder)) {
            return List.of();
        }
        List<Path> left = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches() && !isAlive(Long.parseLong(name.group(1)), Long.parseLong(name.group(2)))) {
                    if (isOld(file)) {
                        Files.deleteIfExists(file);
                    } else {
                        left.add(file);
                    }
                }
            }
        } catch (NoSuchFileException e) {
            // Another process has just deleted it.
            return left;
        } catch (IOException | DirectoryIteratorException e) {
            return List.of();
        }
        return left;
    }

    /**
     * Creates a note of this process.
     *
     * @return the note; empty if none can be written
     */
    Optional<Path> write() {
        if (folder == null) {
            return Optional.empty();
        }
        try {
            CacheFolder.create(folder);
            ProcessHandle self = ProcessHandle.current();
            long start = self.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
            return Optional.of(Files.createFile(folder.resolve(self.pid() + "-" + start)));
        } catch (FileAlreadyExistsException e) {
            return Optional.of(Path.of(e.getFile()));
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }

    /** Deletes notes. The next start reads those that cannot be deleted. */
    static void delete(Iterable<Path> notes) {
        for (Path note : notes) {
            try {
                Files.deleteIfExists(note);
            } catch (IOException e) {
                System.getLogger(StartNotes.class.getName()).log(System.Logger.Level.DEBUG, "a note stays", e);
            }
        }
    }

    private static boolean isOld(Path file) throws IOException {
        return Files.getLastModifiedTime(file)
                .toInstant()
                .isBefore(Instant.now().minus(KEPT));
    }

    /** Whether a process still runs, and is not another one with the same id. A start of 0 means unknown. */
    static boolean isAlive(long pid, long startMilliseconds) {
        Optional<ProcessHandle> process = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
        if (process.isEmpty() || isEnded(Path.of("/proc/" + pid + "/stat"))) {
            return false;
        }
        Optional<Instant> start = process.get().info().startInstant();
        return startMilliseconds == 0
                || start.isEmpty()
                || Duration.between(Instant.ofEpochMilli(startMilliseconds), start.get())
                                .abs()
                                .compareTo(SAME_START)
                        < 0;
    }

    /**
     * Whether a process is a zombie, because its parent, for example a container's first process, does not wait for it.
     */
    private static boolean isEnded(Path stat) {
        try {
            return isEnded(Files.readString(stat, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            // Another system, or the process is gone, which the next start notices.
            return false;
        }
    }

    /** The state follows the name in parentheses, which may contain any characters. */
    static boolean isEnded(String stat) {
        int state = stat.lastIndexOf(')') + 2;
        return state >= 2 && state < stat.length() && "ZXx".indexOf(stat.charAt(state)) >= 0;
    }
}
