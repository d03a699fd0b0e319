package io.github.clnorm.internal.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Hidden files that stay locked until their owner exits. The lock covers a byte far beyond the end, so that readers are
 * not blocked on systems with mandatory locks.
 *
 * <p>On POSIX systems a process loses its locks on a file when it closes any channel of that file. No other code in
 * this process may open these files.
 */
final class OwnedFile {

    /** Whether the process that created a file still runs. */
    enum Owner {
        ALIVE,
        GONE,
        UNKNOWN
    }

    private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;
    private static final int MAX_TRIES = 100;
    private static final int MAX_NONCE = 1 << 20;
    private static final int NONCES = 2;

    private OwnedFile() {}

    /** Returns a new path for each attempt. */
    interface NewName {
        Path next();
    }

    /** A new file and its channel. */
    record Created(Path path, FileChannel channel) {}

    /** Creates an empty file and locks it, if the file system has locks. */
    static Created create(NewName names, boolean isPrivate) throws IOException {
        for (int tries = 0; tries < MAX_TRIES; tries++) {
            Path path = names.next();
            FileChannel channel = FileChannel.open(
                    path,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    attributes(path, isPrivate));
            boolean mine = false;
            try {
                mine = ownerAfterLocking(channel) != Owner.ALIVE && Files.exists(path, LinkOption.NOFOLLOW_LINKS);
            } finally {
                if (!mine) {
                    channel.close();
                }
            }
            if (mine) {
                return new Created(path, channel);
            }
            // Another process removed it as a leftover before it was locked.
        }
        throw new IOException("other processes remove its temporary files");
    }

    private static FileAttribute<?>[] attributes(Path path, boolean isPrivate) {
        return isPrivate && path.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    /** Tries to lock a file. GONE means that it had no owner and this process holds the lock now. */
    static Owner ownerAfterLocking(FileChannel channel) {
        try {
            return tryLock(channel) == null ? Owner.ALIVE : Owner.GONE;
        } catch (IOException e) {
            return Owner.UNKNOWN;
        }
    }

    /** Returns null if another owner holds the lock. Throws if the file system has no locks. */
    static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock(LOCKED_BYTE, 1, false);
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** Opens a hidden file of another process. Rejects links, and pipes because opening one would block. */
    static FileChannel open(Path path, OpenOption... more) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(path.getFileName() + " is not a regular file");
        }
        OpenOption[] options = new OpenOption[more.length + 3];
        System.arraycopy(more, 0, options, 3, more.length);
        options[0] = StandardOpenOption.READ;
        options[1] = StandardOpenOption.WRITE;
        options[2] = LinkOption.NOFOLLOW_LINKS;
        return FileChannel.open(path, options);
    }

    /**
     * Whether a path still names the file of a locked channel. Overwrites the content. Java has no fstat, so this sets
     * random sizes and checks that the path shows them.
     */
    static boolean isStillNamed(Path path, FileChannel channel) throws IOException {
        for (int i = 0; i < NONCES; i++) {
            int size = ThreadLocalRandom.current().nextInt(1, MAX_NONCE);
            channel.truncate(0);
            channel.write(ByteBuffer.allocate(1), size - 1L);
            try {
                if (Files.size(path) != size) {
                    return false;
                }
            } catch (NoSuchFileException e) {
                return false;
            }
        }
        return true;
    }
}
