package io.github.clnorm.tensorfile;

import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;

/**
 * How a file holds a tensor.
 *
 * @param type the type of the elements
 * @param shape the dimensions, slowest first
 * @param fortranOrder whether the first dimension is fastest, instead of the last
 * @param bigEndian whether the most significant byte of an element comes first
 * @param offset where the elements begin in the file
 */
record StoredTensor(ElementType type, long[] shape, boolean fortranOrder, boolean bigEndian, long offset) {

    /** NumPy's own limit. */
    static final int MOST_DIMENSIONS = 64;

    long count() {
        return Shapes.elements(shape);
    }

    /** Whether the elements lie as C orders them: so they also do when at most one dimension is longer than 1. */
    boolean isInCOrder() {
        return !fortranOrder || Arrays.stream(shape).filter(dimension -> dimension != 1).count() <= 1;
    }

    /** The bytes that the elements of a file take. */
    static long bytes(Object file, ElementType type, long... shape) {
        return bytes(file, type.bytes(), shape);
    }

    static long bytes(Object file, int elementBytes, long... shape) {
        if (shape.length > MOST_DIMENSIONS) {
            throw new TensorFileException(
                    file, "has " + shape.length + " dimensions, expected at most " + MOST_DIMENSIONS);
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
