package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The files that a command writes, all or none: each goes to a temporary file in its own folder, and {@link #commit()}
 * gives them their names. Until then, and after a failure, older files of these names are as they were.
 */
public final class TensorOutput implements AutoCloseable {

    private static final int PIECE_BYTES = 1 << 20;
    private static final int MOST_LINKS = 40;

    /** Temporary files and the names they will get. */
    private final Map<Path, Path> written = new LinkedHashMap<>();

    /**
     * Writes a float32 tensor as {@code .npy}.
     *
     * @param target the file
     * @param values the elements, the last dimension fastest
     * @param shape the dimensions
     * @throws IOException when it cannot be written
     */
    public void write(Path target, float[] values, long... shape) throws IOException {
        // A device or a pipe is written to, not replaced; a link stays a link.
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            try (FileChannel channel = FileChannel.open(target, StandardOpenOption.WRITE)) {
                write(channel, values, shape);
            }
            return;
        }
        Path real = followed(target);
        Path temporary = real.resolveSibling(".clnorm-" + UUID.randomUUID() + ".part");
        // Not createTempFile: that makes private files, and a result gets the permissions of any new file here.
        try {
            Files.createFile(temporary);
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(target.toString(), null, "its folder does not exist");
        } catch (FileSystemException e) {
            throw new FileSystemException(target.toString(), null, e.getReason());
        }
        temporary.toFile().deleteOnExit();
        written.put(temporary, real);
        keepPermissions(real, temporary);
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            write(channel, values, shape);
        }
    }

    /** The file that a name leads to, also where a link leads to a file that is not there yet. */
    private static Path followed(Path target) throws IOException {
        Path path = target.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(path); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemException(target.toString(), null, "too many levels of links");
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        return path;
    }

    private static void keepPermissions(Path from, Path to) throws IOException {
        if (Files.exists(from) && Files.getFileAttributeView(to, PosixFileAttributeView.class) != null) {
            Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
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
     * Gives every file its name.
     *
     * @throws IOException when one cannot be moved
     */
    public void commit() throws IOException {
        for (Path target : written.values()) {
            if (Files.isDirectory(target)) {
                throw new FileSystemException(target.toString(), null, "is a directory");
            }
        }
        for (Map.Entry<Path, Path> file : written.entrySet()) {
            Files.move(file.getKey(), file.getValue(), StandardCopyOption.REPLACE_EXISTING);
        }
        written.clear();
    }

    /** Removes what was not committed. */
    @Override
    public void close() throws IOException {
        for (Path temporary : written.keySet()) {
            Files.deleteIfExists(temporary);
        }
        written.clear();
    }
}
