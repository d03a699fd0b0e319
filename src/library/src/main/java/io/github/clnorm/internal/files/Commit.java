package io.github.clnorm.internal.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * Renames new files over their destinations, all or none. Several files have a journal in each folder while they are
 * renamed. The caller holds the locks of the destinations.
 */
final class Commit {

    private final List<Replacement> files;
    private final String set;
    private final IntSupplier number;
    private final Steps steps;

    /**
     * Prepares a commit.
     *
     * @param files the files to rename
     * @param set the name of the set
     * @param number returns numbers for hidden files that the set has not used
     * @param steps called before each step
     */
    Commit(List<Replacement> files, String set, IntSupplier number, Steps steps) {
        this.files = files;
        this.set = set;
        this.number = number;
        this.steps = steps;
    }

    /** Flushes and renames all files, or throws and leaves the old files in place. */
    void run() throws IOException {
        for (Replacement file : files) {
            try {
                steps.before("flush " + file.destination().getFileName());
                file.channel().force(true);
                Destinations.checkReplaceable(file.destination());
            } catch (IOException e) {
                throw named(file, e);
            }
        }
        if (files.size() == 1) {
            rename(files.get(0));
        } else if (!files.isEmpty()) {
            runSet();
        }
    }

    private void runSet() throws IOException {
        Map<Path, OwnedFile.Created> journals = new LinkedHashMap<>();
        boolean settled = true;
        try {
            for (Replacement file : files) {
                Path folder = file.destination().getParent();
                if (!journals.containsKey(folder)) {
                    journals.put(folder, journal(folder));
                }
            }
            for (Replacement file : files) {
                keepOld(file);
            }
            journals.keySet().forEach(Commit::flushFolder);
            settled = false;
            int done = 0;
            try {
                for (; done < files.size(); done++) {
                    rename(files.get(done));
                }
            } catch (IOException e) {
                restore(files.subList(0, done));
                settled = true;
                throw e;
            }
            journals.keySet().forEach(Commit::flushFolder);
            steps.before("end");
            settled = true;
        } finally {
            if (settled) {
                end(journals.values());
            }
            // If restoring failed, the next process retries it.
            for (OwnedFile.Created journal : journals.values()) {
                journal.channel().close();
            }
        }
    }

    private static void restore(List<Replacement> renamed) throws IOException {
        for (int i = renamed.size() - 1; i >= 0; i--) {
            Replacement file = renamed.get(i);
            if (Files.exists(file.older())) {
                move(file.older(), file.destination());
            } else {
                Files.deleteIfExists(file.destination());
            }
        }
    }

    /** Removes the journals first, because a journal without the old content could not be rolled back. */
    private void end(Collection<OwnedFile.Created> journals) throws IOException {
        for (OwnedFile.Created journal : journals) {
            try {
                Files.deleteIfExists(journal.path());
            } catch (IOException e) {
                // An empty journal is ignored.
                journal.channel().truncate(0);
            }
        }
        for (Replacement file : files) {
            try {
                Files.deleteIfExists(file.older());
            } catch (IOException e) {
                // The next process removes it.
                continue;
            }
        }
    }

    /** Writes the journal of a folder. It gets its name only when it is complete. */
    private OwnedFile.Created journal(Path folder) throws IOException {
        List<Journal.Change> entries = new ArrayList<>();
        for (Replacement file : files) {
            if (file.destination().getParent().equals(folder)) {
                entries.add(new Journal.Change(
                        file.destination().getFileName().toString(),
                        Files.exists(file.destination())
                                ? file.older().getFileName().toString()
                                : null,
                        Journal.Content.of(file.temporary())));
            }
        }
        Path name = Names.journal(folder, set);
        OwnedFile.Created journal = OwnedFile.create(() -> Names.part(name, set, number.getAsInt()), true);
        try {
            ByteBuffer text = ByteBuffer.wrap(Journal.text(entries));
            while (text.hasRemaining()) {
                journal.channel().write(text);
            }
            journal.channel().force(true);
            move(journal.path(), name);
            return new OwnedFile.Created(name, journal.channel());
        } catch (IOException e) {
            journal.channel().close();
            Files.deleteIfExists(journal.path());
            throw e;
        }
    }

    private void keepOld(Replacement file) throws IOException {
        try {
            steps.before("keep " + file.destination().getFileName());
            if (Files.exists(file.destination())) {
                link(file.older(), file.destination());
            }
        } catch (IOException e) {
            throw named(file, e);
        }
    }

    private static void link(Path link, Path existing) throws IOException {
        try {
            Files.createLink(link, existing);
        } catch (IOException | UnsupportedOperationException e) {
            // vfat has no links, and some systems forbid links to files of other users.
            Files.copy(existing, link, StandardCopyOption.COPY_ATTRIBUTES);
            try (FileChannel copy = FileChannel.open(link)) {
                copy.force(true);
            }
        }
    }

    private void rename(Replacement file) throws IOException {
        try {
            steps.before("rename " + file.destination().getFileName());
            move(file.temporary(), file.destination());
        } catch (IOException e) {
            throw named(file, e);
        }
    }

    /** Moves atomically if possible. Without ATOMIC_MOVE, Java removes the old file first. */
    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static FileSystemException named(Replacement file, IOException cause) {
        String reason = cause instanceof FileSystemException known && known.getReason() != null
                ? known.getReason()
                : cause.getMessage();
        FileSystemException named = new FileSystemException(file.destination().toString(), null, reason);
        named.initCause(cause);
        return named;
    }

    /** Makes renames survive a loss of power. Not every system can flush a folder. */
    private static void flushFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        } catch (IOException e) {
            // The system flushes it later.
            return;
        }
    }
}
