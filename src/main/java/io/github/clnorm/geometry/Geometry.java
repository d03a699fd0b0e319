package io.github.clnorm.geometry;

/**
 * What a normalization does to memory: {@code sets} sets of {@code setSize} successive elements, each normalized by its
 * own moments. Inside a set, every {@code run} successive elements share one weight and one bias.
 *
 * <p>Set {@code s} takes its parameters from index {@code (s mod parameterGroups) * parametersPerSet} on, one for each
 * of its runs.
 *
 * @param sets how many sets the tensor has; 0 for an empty batch
 * @param setSize elements of a set; 0 where a dimension behind the channels is 0
 * @param run successive elements that share their parameters; divides {@code setSize}
 * @param parameterGroups after how many sets the parameters start again
 */
public record Geometry(long sets, long setSize, long run, long parameterGroups) {

    /** Elements of a block: the piece of a set that is summed in one go. Part of the order of summation. */
    public static final int BLOCK = 1024;

    /**
     * Checks what the kernels rely on.
     *
     * @param sets 0 or more
     * @param setSize 0 or more
     * @param run 1 or more; divides {@code setSize}
     * @param parameterGroups 1 or more
     * @throws IllegalArgumentException when a count is negative or {@code run} does not divide {@code setSize}
     */
    public Geometry {
        if (sets < 0 || setSize < 0 || run < 1 || parameterGroups < 1 || setSize % run != 0) {
            throw new IllegalArgumentException("not a geometry: " + sets + " sets of " + setSize + ", runs of " + run
                    + ", " + parameterGroups + " groups of parameters");
        }
        if ((setSize + BLOCK - 1) / BLOCK > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a set of " + setSize + " elements is larger than the supported "
                    + (long) Integer.MAX_VALUE * BLOCK);
        }
    }

    /**
     * Elements of the whole tensor.
     *
     * @return {@code sets * setSize}
     */
    public long elements() {
        return Math.multiplyExact(sets, setSize);
    }

    /**
     * Blocks of one set; the last may be shorter than {@link #BLOCK}.
     *
     * @return {@code ceil(setSize / BLOCK)}
     */
    public int blocksPerSet() {
        return (int) ((setSize + BLOCK - 1) / BLOCK);
    }

    /**
     * Weights (and biases) that one set uses.
     *
     * @return {@code setSize / run}
     */
    public long parametersPerSet() {
        return setSize / run;
    }
}
