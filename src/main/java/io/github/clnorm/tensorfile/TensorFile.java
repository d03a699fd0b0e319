package io.github.clnorm.tensorfile;

import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.type.BrainFloat;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.HalfFloat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A tensor in a file: what it is, and its elements. */
public final class TensorFile {

    private static final int PIECE_BYTES = 1 << 20;
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private final Path path;
    private final ElementType type;
    private final long[] shape;
    private final boolean fortranOrder;
    private final long dataOffset;

    TensorFile(Path path, ElementType type, long[] shape, boolean fortranOrder, long dataOffset) {
        this.path = path;
        this.type = type;
        this.shape = shape;
        this.fortranOrder = fortranOrder;
        this.dataOffset = dataOffset;
    }

    /**
     * Reads what a file holds, but not its elements.
     *
     * @param path a {@code .npy} file
     * @return its description
     * @throws TensorFileException when it is not a well-formed file of floats
     */
    public static TensorFile open(Path path) {
        if (Files.isDirectory(path)) {
            throw new TensorFileException(path, "is a directory, expected a .npy file");
        }
        try (FileChannel channel = FileChannel.open(path)) {
            return NpyHeader.read(path, channel);
        } catch (NoSuchFileException e) {
            throw new TensorFileException(path, "no such file", e);
        } catch (AccessDeniedException e) {
            throw new TensorFileException(path, "permission denied", e);
        } catch (IOException e) {
            throw new TensorFileException(path, "cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Where it is.
     *
     * @return the path
     */
    public Path path() {
        return path;
    }

    /**
     * The type of its elements.
     *
     * @return the type
     */
    public ElementType type() {
        return type;
    }

    /**
     * Its dimensions, slowest first.
     *
     * @return a copy
     */
    public long[] shape() {
        return shape.clone();
    }

    /**
     * Reads the elements, converted to float32.
     *
     * @return the elements, the last dimension fastest whatever the order in the file
     * @throws TensorFileException when they cannot be read, or do not fit in a Java array
     */
    public float[] readFloats() {
        long count = Shapes.elements(shape);
        if (count > LARGEST_ARRAY) {
            throw new TensorFileException(
                    path, "holds " + count + " elements, the most that can be read at once are " + LARGEST_ARRAY);
        }
        float[] values = new float[(int) count];
        try (FileChannel channel = FileChannel.open(path)) {
            ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            long end = dataOffset + count * type.bytes();
            int at = 0;
            for (long position = dataOffset; position < end; position += piece.limit()) {
                piece.clear().limit((int) Math.min(PIECE_BYTES, end - position));
                readFully(channel, piece, position);
                piece.flip();
                at = convert(piece, values, at);
            }
        } catch (IOException e) {
            throw new TensorFileException(path, "cannot be read: " + e.getMessage(), e);
        }
        return fortranOrder ? lastDimensionFastest(values) : values;
    }

    private void readFully(FileChannel channel, ByteBuffer piece, long position) throws IOException {
        while (piece.hasRemaining()) {
            if (channel.read(piece, position + piece.position()) < 0) {
                throw new TensorFileException(path, "became shorter while it was read");
            }
        }
    }

    private int convert(ByteBuffer piece, float[] values, int at) {
        int count = piece.remaining() / type.bytes();
        switch (type) {
            case FLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    values[at + i] = HalfFloat.toFloat(piece.getShort(2 * i));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    values[at + i] = BrainFloat.toFloat(piece.getShort(2 * i));
                }
            }
            case FLOAT32 -> piece.asFloatBuffer().get(values, at, count);
            case FLOAT64 -> {
                for (int i = 0; i < count; i++) {
                    values[at + i] = (float) piece.getDouble(8 * i);
                }
            }
        }
        return at + count;
    }

    /** From Fortran's order, the first dimension fastest. */
    private float[] lastDimensionFastest(float[] values) {
        int rank = shape.length;
        float[] ordered = new float[values.length];
        int[] strides = new int[rank];
        int stride = 1;
        for (int i = 0; i < rank; i++) {
            strides[i] = stride;
            stride *= (int) shape[i];
        }
        long[] index = new long[rank];
        int from = 0;
        for (int to = 0; to < ordered.length; to++) {
            ordered[to] = values[from];
            for (int i = rank - 1; i >= 0; i--) {
                from += strides[i];
                if (++index[i] < shape[i]) {
                    break;
                }
                from -= (int) shape[i] * strides[i];
                index[i] = 0;
            }
        }
        return ordered;
    }
}
