package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Files that take the place of others, all or none. Each is made under a temporary name in the folder it belongs to. */
final class Replacements implements AutoCloseable {

    private static final int MOST_LINKS = 40;

    /** A file under its temporary name, and the older file that it takes the place of, if there is one. */
    private record Pending(Specification named, Path temporary, Path target, Path older) {}

    /** A temporary file, open for writing. */
    record Temporary(Path path, FileChannel channel) {}

    private final List<Path> temporaries = new ArrayList<>();
    private final List<Pending> pending = new ArrayList<>();

    /** The file that a name leads to, through links, also where a link leads to a file that is not there yet. */
    static Path destination(Path target) throws IOException {
        Path path = target.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(path); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemException(target.toString(), null, "too many levels of links");
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        if (Files.exists(path)) {
            return path.toRealPath();
        }
        // Two names of a file that is not there yet are one when their folders are.
        Path folder = path.getParent();
        return folder != null && Files.exists(folder)
                ? folder.toRealPath().resolve(path.getFileName())
                : path.normalize();
    }

    /** An empty file in the folder of its destination, with the permissions of the file that is there. */
    Temporary create(Path destination) throws IOException {
        Path path = hidden(destination, ".part");
        // Not createTempFile: that makes private files, and a result gets the permissions of any new file here.
        FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        temporaries.add(path);
        path.toFile().deleteOnExit();
        try {
            // Only once it is open: the file that is there may be write-protected.
            keepPermissions(destination, path);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return new Temporary(path, channel);
    }

    private static Path hidden(Path destination, String ending) {
        return destination.resolveSibling(".clnorm-" + UUID.randomUUID() + ending);
    }

    private static void keepPermissions(Path from, Path to) throws IOException {
        if (Files.exists(from) && Files.getFileAttributeView(to, PosixFileAttributeView.class) != null) {
            Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
        }
    }

    /** A temporary file that gets this name when everything is committed. */
    void add(Specification named, Path temporary, Path destination) {
        pending.add(new Pending(named, temporary, destination, hidden(destination, ".old")));
    }

    /** Gives every file its name. When that fails for one of them, those before it get their older files back. */
    void commit() throws IOException {
        int done = 0;
        try {
            for (; done < pending.size(); done++) {
                Pending file = pending.get(done);
                if (Files.isDirectory(file.target)) {
                    throw new FileSystemException(file.target.toString(), null, "is a directory");
                }
                // A single file is replaced in one step; several need a way back.
                if (pending.size() > 1 && Files.exists(file.target)) {
                    Files.move(file.target, file.older);
                }
                Files.move(file.temporary, file.target, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            Specification named = pending.get(done).named;
            for (; done >= 0; done--) {
                Pending file = pending.get(done);
                if (Files.exists(file.older)) {
                    Files.move(file.older, file.target, StandardCopyOption.REPLACE_EXISTING);
                } else if (!Files.exists(file.temporary)) {
                    Files.deleteIfExists(file.target);
                }
            }
            throw TensorOutput.failure(named, e);
        }
        // Only now: as long as anything may fail, the older files are the user's only copies.
        for (Pending file : pending) {
            Files.deleteIfExists(file.older);
        }
        pending.clear();
    }

    /** Removes every temporary file that did not get a name. */
    @Override
    public void close() throws IOException {
        pending.clear();
        for (Path temporary : temporaries) {
            Files.deleteIfExists(temporary);
        }
        temporaries.clear();
    }
}
