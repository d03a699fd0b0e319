package io.github.clnorm.internal.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Removes hidden files of processes that were killed. Files of running processes are never touched. */
final class Leftovers {

    /** Without locks, a file's owner counts as gone if it has not written to the file for this long. */
    private static final long OLD_MILLISECONDS = TimeUnit.DAYS.toMillis(7);

    private final Path folder;
    private final TargetLocks.Locker locker;
    private final UserPrincipal user;

    private Leftovers(Path folder, UserPrincipal user, TargetLocks.Locker locker) {
        this.folder = folder;
        this.user = user;
        this.locker = locker;
    }

    /**
     * Rolls back the commits of killed processes and removes their files. The next process retries what fails.
     *
     * @param own a file in the folder that this process has just created
     */
    static void sweep(Path own, TargetLocks.Locker locker) {
        new Leftovers(own.getParent(), owner(own), locker).sweep();
    }

    /** Null if the file system has no owners. */
    private static UserPrincipal owner(Path file) {
        try {
            return Files.getOwner(file, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException | UnsupportedOperationException e) {
            return null;
        }
    }

    private void sweep() {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> hidden = Files.newDirectoryStream(folder, Names.GLOB)) {
            hidden.forEach(files::add);
        } catch (IOException | DirectoryIteratorException e) {
            // The folder can be written to but not listed.
            return;
        }
        // Journals first: they decide what happens to the other files.
        files.sort(Comparator.comparing(file -> !file.toString().endsWith(".commit")));
        for (Path file : files) {
            try {
                sweep(file);
            } catch (IOException e) {
                // For example a file of another user.
                continue;
            }
        }
    }

    private void sweep(Path file) throws IOException {
        Names.Parsed name = Names.parse(file);
        if (name == null
                || Names.process().equals(name.process())
                || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        switch (name.kind()) {
            case COMMIT -> {
                if (isMine(file)) {
                    ifAbandoned(file, channel -> rollBack(file, channel));
                }
            }
            case PART -> ifAbandoned(file, channel -> Files.deleteIfExists(file));
            case OLD -> {
                // The file is needed only while its journal exists.
                if (!Files.exists(Names.journal(folder, name.set()), LinkOption.NOFOLLOW_LINKS)) {
                    Files.deleteIfExists(file);
                }
            }
            case LOCK -> {
                if (!TargetLocks.isHeldHere(file)) {
                    ifAbandoned(file, channel -> {
                        if (OwnedFile.isStillNamed(file, channel)) {
                            Files.deleteIfExists(file);
                        }
                    });
                }
            }
            case PART_WITHOUT_LOCK -> {
                if (isOld(file)) {
                    Files.deleteIfExists(file);
                }
            }
            default -> throw new IllegalStateException(name.toString());
        }
    }

    private interface Action {
        void run(FileChannel channel) throws IOException;
    }

    private void ifAbandoned(Path file, Action action) throws IOException {
        try (FileChannel channel = OwnedFile.open(file)) {
            boolean abandoned;
            try {
                abandoned = locker.tryLock(channel);
            } catch (IOException e) {
                abandoned = isOld(file);
            }
            if (abandoned) {
                action.run(channel);
            }
        }
    }

    private static boolean isOld(Path file) throws IOException {
        return System.currentTimeMillis()
                        - Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
                                .toMillis()
                > OLD_MILLISECONDS;
    }

    /** Whether this user owns it. Another user's journal could name files that only this user may change. */
    private boolean isMine(Path file) {
        return user == null || user.equals(owner(file));
    }

    private void rollBack(Path journal, FileChannel channel) throws IOException {
        List<Journal.Change> entries = Journal.read(channel);
        List<Path> destinations = entries.stream()
                .map(entry -> Journal.child(folder, entry.destination()))
                .filter(path -> path != null)
                .toList();
        // A running process may be replacing the same files.
        try (TargetLocks locks = TargetLocks.tryAcquire(destinations, locker)) {
            if (locks == null) {
                return;
            }
            Journal.rollBack(folder, entries);
            Files.deleteIfExists(journal);
        }
    }
}
