package io.github.clnorm.tensorfile;

import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/**
 * The position and format of a tensor in a file.
 *
 * @param type the type of the elements
 * @param shape the dimensions, slowest first
 * @param fortranOrder whether the first dimension is fastest instead of the last
 * @param bigEndian whether the most significant byte of an element comes first
 * @param offset the position of the first element in the file; in the inflated content for a compressed .npz file
 */
record StoredTensor(ElementType type, long[] shape, boolean fortranOrder, boolean bigEndian, long offset) {

    /** NumPy's limit. */
    static final int MAX_DIMENSIONS = 64;

    /** Reads the description of a float tensor. */
    static StoredTensor read(Specification file, FileChannel channel) throws IOException {
        return switch (file.format()) {
            case SAFETENSORS, INDEX -> SafetensorsHeader.read(file, channel).find(file);
            case NPZ -> NpzMember.find(file, channel).tensor();
            case NPY -> NpyHeader.read(file, NpyBytes.of(channel));
        };
    }

    /**
     * Finds the tensor in a file that was reopened, because the file may have been replaced by one in another order.
     */
    StoredTensor readAgain(Specification file, FileChannel channel) throws IOException {
        StoredTensor now;
        try {
            now = read(file, channel);
        } catch (TensorFileException e) {
            if (file.format() != Format.NPZ && channel.size() < offset + count() * type.bytes()) {
                // Reading the elements will report that the file became shorter.
                return this;
            }
            throw e;
        }
        if (now.type != type || !Arrays.equals(now.shape, shape)) {
            throw new TensorFileException(
                    file,
                    "was replaced meanwhile: it holds " + now.type + " " + text(now.shape) + ", and held " + type + " "
                            + text(shape));
        }
        return now;
    }

    StoredTensor movedBy(long bytes) {
        return new StoredTensor(type, shape, fortranOrder, bigEndian, offset + bytes);
    }

    long count() {
        return Shapes.elements(shape);
    }

    /** Whether the elements are in C order, which is also the case if at most one dimension is longer than 1. */
    boolean isInCOrder() {
        return !fortranOrder
                || Arrays.stream(shape).filter(dimension -> dimension != 1).count() <= 1;
    }

    /** The size of the elements in bytes; rejects a shape that is too large. */
    static long bytes(Object file, ElementType type, long... shape) {
        return bytes(file, type.bytes(), shape);
    }

    static long bytes(Object file, int elementBytes, long... shape) {
        if (shape.length > MAX_DIMENSIONS) {
            throw new TensorFileException(
                    file, "has " + shape.length + " dimensions, expected at most " + MAX_DIMENSIONS);
        }
        try {
            return Math.multiplyExact(Shapes.elements(shape), elementBytes);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new TensorFileException(
                    file, "has the impossible shape " + text(shape) + ", expected at most 2^63-1 bytes", e);
        }
    }

    static String text(long... shape) {
        return Text.excerpt(Shapes.text(shape));
    }
}
