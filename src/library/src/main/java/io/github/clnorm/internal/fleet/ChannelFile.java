package io.github.clnorm.internal.fleet;

import io.github.clnorm.internal.stream.TensorSource;
import io.github.clnorm.internal.stream.TensorTarget;
import io.github.clnorm.internal.tasks.Interrupts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The tensor of a channel, read or written in any order. A {@link FileChannel} that has positions is used where it is, from its
 * position on. For another channel, which includes pipes and character devices, there is a temporary file, which is deleted when
 * this object is closed.
 *
 * <p>Thread-safe.
 */
public final class ChannelFile implements TensorSource, TensorTarget, AutoCloseable {

    private static final int COPIED_BYTES = 1 << 20;

    private final FileChannel file;
    private final long start;
    private final int elementBytes;
    private final boolean temporary;

    private ChannelFile(FileChannel file, long start, int elementBytes, boolean temporary) {
        this.file = file;
        this.start = start;
        this.elementBytes = elementBytes;
        this.temporary = temporary;
    }

    /**
     * The tensor of a source. The position of a file moves behind the tensor.
     *
     * @param source in blocking mode; not closed
     * @param bytes of the tensor
     * @param elementBytes the size of an element
     * @return the tensor; the caller closes it
     * @throws EndOfSource if the source has fewer bytes
     * @throws UncheckedIOException if a file fails
     */
    public static ChannelFile of(ReadableByteChannel source, long bytes, int elementBytes) {
        try {
            // Files of /proc have positions, but no size.
            if (source instanceof FileChannel file && hasPositions(file) && file.size() > 0) {
                long position = file.position();
                if (file.size() - position < bytes) {
                    throw new EndOfSource(Math.max(0, file.size() - position));
                }
                file.position(position + bytes);
                return new ChannelFile(file, position, elementBytes, false);
            }
            ChannelFile copy = temporary(elementBytes);
            try {
                copy.take(source, bytes);
                return copy;
            } catch (IOException | RuntimeException e) {
                copy.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The tensor of a target. Nothing is written, nor the size of a file changed, before {@link #write} is called.
     *
     * @param target in blocking mode; not closed
     * @param bytes of the tensor
     * @param elementBytes the size of an element
     * @return the tensor; the caller calls {@link #finish} and closes it
     * @throws UncheckedIOException if a file fails
     */
    public static ChannelFile of(WritableByteChannel target, long bytes, int elementBytes) {
        try {
            return target instanceof FileChannel file && hasPositions(file)
                    ? new ChannelFile(file, file.position(), elementBytes, false)
                    : temporary(elementBytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Whether a file can be read and written at any position. Pipes and terminals cannot; devices such as /dev/zero stay at
     * position 0, and files that are opened for appending at their end.
     */
    private static boolean hasPositions(FileChannel file) throws IOException {
        try {
            long position = file.position();
            file.position(position + 1);
            boolean isThere = file.position() == position + 1;
            file.position(position);
            return isThere;
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            return false;
        }
    }

    private static ChannelFile temporary(int elementBytes) throws IOException {
        Path path = TemporaryFolder.newFile(System.getenv("TMPDIR"), "clnorm-tensor");
        FileChannel file = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        return new ChannelFile(file, 0, elementBytes, true);
    }

    private void take(ReadableByteChannel source, long bytes) throws IOException {
        ByteBuffer piece = piece(Math.max(1, bytes));
        long copied = 0;
        while (copied < bytes) {
            Interrupts.check();
            piece.clear().limit((int) Math.min(piece.capacity(), bytes - copied));
            int count = source.read(piece);
            if (count < 0) {
                throw new EndOfSource(copied);
            }
            copied += count;
            write(file, piece.flip());
        }
    }

    /**
     * Ends writing: moves the position of a file behind the tensor, or copies the tensor to another channel.
     *
     * @param target the channel that this was made of
     * @param bytes of the tensor
     * @throws UncheckedIOException if a channel fails
     */
    public void finish(WritableByteChannel target, long bytes) {
        try {
            if (!temporary) {
                file.position(start + bytes);
                return;
            }
            ByteBuffer piece = piece(bytes);
            file.position(0);
            while (file.read(piece.clear()) >= 0) {
                Interrupts.check();
                write(target, piece.flip());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Channels get elements in native byte order, whichever order they read from the buffer. */
    private static ByteBuffer piece(long most) {
        return ByteBuffer.allocateDirect((int) Math.min(COPIED_BYTES, most)).order(ByteOrder.nativeOrder());
    }

    private static void write(WritableByteChannel target, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            target.write(bytes);
        }
    }

    @Override
    public void read(long element, ByteBuffer into) {
        long at = start + element * elementBytes;
        try {
            while (into.hasRemaining()) {
                int count = file.read(into, at);
                if (count < 0) {
                    throw new EndOfSource(at - start);
                }
                at += count;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void write(long element, ByteBuffer from) {
        long at = start + element * elementBytes;
        try {
            while (from.hasRemaining()) {
                at += file.write(from, at);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes a temporary file. A file of the caller stays open. */
    @Override
    public void close() {
        if (temporary) {
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
