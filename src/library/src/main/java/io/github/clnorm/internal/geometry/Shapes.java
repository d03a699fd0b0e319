package io.github.clnorm.internal.geometry;

import java.util.Arrays;

/** Arithmetic on tensor shapes: dimensions, slowest first, each 0 or more. Thread-safe. */
public final class Shapes {
    private Shapes() {}

    /**
     * Whether two shapes are equal without their dimensions of 1.
     *
     * @param a a shape, for example (C, 1, 1)
     * @param b another one, for example (C)
     * @return whether a tensor of one shape has the elements of the other in the same order and dimensions
     */
    public static boolean areSqueezedEqual(long[] a, long... b) {
        return Arrays.equals(squeezed(a), squeezed(b));
    }

    private static long[] squeezed(long... shape) {
        return Arrays.stream(shape).filter(dimension -> dimension != 1).toArray();
    }

    /**
     * The number of elements of a tensor.
     *
     * @param shape the dimensions; none for a scalar
     * @return their product
     * @throws IllegalArgumentException when a dimension is negative or the product exceeds 2<sup>63</sup>-1
     */
    public static long elements(long... shape) {
        long elements = 1;
        boolean empty = false;
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException("a dimension is negative in shape " + text(shape));
            }
            empty |= dimension == 0;
        }
        if (empty) {
            return 0;
        }
        for (long dimension : shape) {
            try {
                elements = Math.multiplyExact(elements, dimension);
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException("shape " + text(shape) + " has more than 2^63-1 elements", e);
            }
        }
        return elements;
    }

    /**
     * A shape as PyTorch prints it.
     *
     * @param shape the dimensions
     * @return for example {@code [2, 320, 64, 64]}
     */
    public static String text(long... shape) {
        return Arrays.toString(shape);
    }

    /**
     * A number of things in words.
     *
     * @param number how many
     * @param thing one of them, with a regular plural
     * @return for example {@code 1 row} or {@code 2 batches}
     */
    public static String count(long number, String thing) {
        String plural = thing.endsWith("ch") ? thing + "es" : thing + "s";
        return number + " " + (number == 1 ? thing : plural);
    }
}
