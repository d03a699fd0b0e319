package io.github.clnorm.tensorfile;

import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The files that a command writes, all or none: each goes to a temporary file in its own folder, and {@link #commit()}
 * gives them their names. Until then, and after a failure, older files of these names are as they were.
 */
public final class TensorOutput implements AutoCloseable {

    private static final int PIECE_BYTES = 1 << 20;
    private static final int MOST_LINKS = 40;

    /** A file under its temporary name, and the older file that it takes the place of, if there is one. */
    private record Pending(Path temporary, Path target, Path older) {}

    private final List<Pending> written = new ArrayList<>();

    /**
     * Writes a float32 tensor as {@code .npy}.
     *
     * @param target the file
     * @param values the elements, the last dimension fastest
     * @param shape the dimensions
     * @throws IOException when it cannot be written; the message names the target
     */
    public void write(Path target, float[] values, long... shape) throws IOException {
        try {
            // A device or a pipe is written to, not replaced; a link stays a link.
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                fill(target, values, shape);
                return;
            }
            Path destination = destination(target);
            // Not createTempFile: that makes private files, and a result gets the permissions of any new file here.
            Path temporary = Files.createFile(hidden(destination, ".part"));
            temporary.toFile().deleteOnExit();
            written.add(new Pending(temporary, destination, hidden(destination, ".old")));
            fill(temporary, values, shape);
            keepPermissions(destination, temporary);
        } catch (NoSuchFileException e) {
            throw failure(target, "its folder does not exist", e);
        } catch (IOException e) {
            throw failure(target, reason(e), e);
        }
    }

    private static IOException failure(Path target, String reason, IOException cause) {
        return new IOException(target + ": cannot be written: " + reason, cause);
    }

    private static Path hidden(Path destination, String ending) {
        return destination.resolveSibling(".clnorm-" + UUID.randomUUID() + ending);
    }

    /**
     * The file that a name leads to, through links, also where a link leads to a file that is not there yet.
     *
     * @param target a name
     * @return the file
     * @throws IOException when links go round in circles, or cannot be read
     */
    public static Path destination(Path target) throws IOException {
        Path path = target.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(path); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemException(target.toString(), null, "too many levels of links");
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        return Files.exists(path) ? path.toRealPath() : path.normalize();
    }

    private static void keepPermissions(Path from, Path to) throws IOException {
        if (Files.exists(from) && Files.getFileAttributeView(to, PosixFileAttributeView.class) != null) {
            Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
        }
    }

    private static void fill(Path file, float[] values, long... shape) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            write(channel, values, shape);
        }
    }

    private static void write(FileChannel channel, float[] values, long... shape) throws IOException {
        writeFully(channel, ByteBuffer.wrap(NpyHeader.write(ElementType.FLOAT32, shape)));
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int perPiece = PIECE_BYTES / Float.BYTES;
        for (int at = 0; at < values.length; at += perPiece) {
            int count = Math.min(perPiece, values.length - at);
            piece.clear().limit(count * Float.BYTES);
            piece.asFloatBuffer().put(values, at, count);
            writeFully(channel, piece);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /**
     * Gives every file its name. When that fails for one of them, those before it get their older files back.
     *
     * @throws IOException when one cannot be moved
     */
    public void commit() throws IOException {
        int done = 0;
        try {
            for (; done < written.size(); done++) {
                Pending file = written.get(done);
                if (Files.isDirectory(file.target)) {
                    throw new FileSystemException(file.target.toString(), null, "is a directory");
                }
                // A single file is replaced in one step; several need a way back.
                if (written.size() > 1 && Files.exists(file.target)) {
                    Files.move(file.target, file.older);
                }
                Files.move(file.temporary, file.target, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            for (; done >= 0; done--) {
                Pending file = written.get(done);
                if (Files.exists(file.older)) {
                    Files.move(file.older, file.target, StandardCopyOption.REPLACE_EXISTING);
                } else if (!Files.exists(file.temporary)) {
                    Files.deleteIfExists(file.target);
                }
            }
            throw failure(e instanceof FileSystemException f ? Path.of(f.getFile()) : Path.of(""), reason(e), e);
        }
        // Only now: as long as anything may fail, the older files are the user's only copies.
        for (Pending file : written) {
            Files.deleteIfExists(file.older);
        }
        written.clear();
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        String reason = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }

    /** Removes what was not committed. */
    @Override
    public void close() throws IOException {
        for (Pending file : written) {
            Files.deleteIfExists(file.temporary);
        }
        written.clear();
    }
}
