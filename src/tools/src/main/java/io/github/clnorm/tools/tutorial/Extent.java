package io.github.clnorm.tools.tutorial;

import java.util.List;

/**
 * The size of a GroupNorm, in the letters of the kernels. Immutable and thread-safe.
 *
 * @param n N, samples
 * @param c C, channels
 * @param g G, groups; divides C
 * @param s S, elements of a channel in one sample
 */
record Extent(int n, int c, int g, int s) {

    /** Elements of a block, as in the kernels. */
    static final int BLOCK = 1024;

    // The workspace, of up to three floats per element, also has fewer than 2^31 bytes.
    private static final int MOST_ELEMENTS = 1 << 27;

    /** Checks the size. */
    Extent {
        if (n < 1 || c < 1 || g < 1 || s < 1) {
            throw new IllegalArgumentException(
                    "expected sizes of 1 or more, not N " + n + ", C " + c + ", G " + g + ", S " + s);
        }
        if (c % g != 0) {
            throw new IllegalArgumentException("num_channels (" + c + ") must be divisible by num_groups (" + g + ")");
        }
        if ((long) n * c > MOST_ELEMENTS / s) {
            throw new IllegalArgumentException("expected a tensor of 2^27 elements at most");
        }
    }

    /**
     * The size of a tensor.
     *
     * @param shape samples, channels, and any further dimensions
     * @param groups G
     * @return its size
     * @throws IllegalArgumentException when the shape is empty, too large, or G does not divide the channels
     */
    static Extent of(List<Integer> shape, int groups) {
        if (shape.size() < 2) {
            throw new IllegalArgumentException(
                    "Expected at least 2 dimensions for input tensor but received " + shape.size());
        }
        long positions = 1;
        for (int dimension : shape.subList(2, shape.size())) {
            positions = Math.min(Integer.MAX_VALUE, positions * dimension);
        }
        return new Extent(shape.get(0), shape.get(1), groups, (int) positions);
    }

    /**
     * The size of the tensor.
     *
     * @return bytes
     */
    long bytes() {
        return (long) elements() * Float.BYTES;
    }

    /** Elements of the tensor. */
    int elements() {
        return n * c * s;
    }

    /** D, elements of a set. */
    int setSize() {
        return c / g * s;
    }

    int sets() {
        return n * g;
    }

    /** Blocks of all sets. */
    int blocks() {
        return sets() * ceil(setSize());
    }

    /** Blocks of all channels of all samples. */
    int pieces() {
        return n * c * ceil(s);
    }

    /** The number of blocks in a number of successive elements. */
    static int ceil(int elements) {
        return (int) (((long) elements + BLOCK - 1) / BLOCK);
    }

    long[] shape() {
        return new long[] {n, c, s};
    }

    @Override
    public String toString() {
        return "N " + n + ", C " + c + ", G " + g + ", S " + s;
    }
}
