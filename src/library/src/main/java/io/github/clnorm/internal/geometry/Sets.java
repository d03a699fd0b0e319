package io.github.clnorm.internal.geometry;

/**
 * How one operation divides an input into sets, for inputs of any shape. The engine, the command line and the
 * benchmarks ask it instead of the operation. Its methods throw IllegalArgumentException, with PyTorch's message where
 * it has one, if a shape does not fit.
 *
 * <p>Implementations are immutable and thread-safe.
 */
public interface Sets {

    /**
     * The operation that has these sets.
     *
     * @return PyTorch's functional name if it has one, for example {@code group_norm}. Running statistics belong to
     *     channels, so instance_norm by running statistics is {@code batch_norm}
     */
    String name();

    /**
     * Where the sets are in memory.
     *
     * @param shape of the input
     * @return the geometry
     */
    Geometry geometry(long... shape);

    /**
     * The statistics that normalize a set.
     *
     * @return its own or given ones
     */
    Statistics statistics();

    /**
     * The shape of the saved mean and rstd: one of each per set.
     *
     * @param shape of the input
     * @return the shape
     */
    long[] statisticsShape(long... shape);

    /**
     * The shape of weight and bias.
     *
     * @param shape of the input
     * @return the shape
     */
    long[] parameterShape(long... shape);

    /**
     * Checks the shape of weight, bias or a running statistic.
     *
     * @param name for the message, for example {@code "weight"}
     * @param parameterShape the shape to check
     * @param shape of the input
     * @param wording names that the message uses for a remedy
     */
    void checkParameter(String name, long[] parameterShape, long[] shape, Wording wording);

    /**
     * The shape of a scale and a shift of each sample.
     *
     * @param shape of the input
     * @return N, then the shape of weight and bias
     * @throws IllegalArgumentException if the operation takes none, or the input has no samples
     */
    default long[] modulationShape(long... shape) {
        throw new IllegalArgumentException(name() + " takes no scale and shift of each sample: group_norm,"
                + " instance_norm, layer_norm and rms_norm do");
    }

    /**
     * Where the sets are in memory, and that each sample has a weight and a bias of its own.
     *
     * @param shape of the input, for which {@link #modulationShape} has a shape
     * @return the geometry
     */
    default Geometry modulatedGeometry(long... shape) {
        return geometry(shape).ofSamples();
    }

    /**
     * Rejects an input whose sets have too few elements for their own statistics. By default every input passes.
     *
     * @param shape of the input
     */
    default void checkStatistics(long... shape) {}

    /**
     * Elements of a set, also for an input without sets.
     *
     * @param shape of the input
     * @return the number of elements
     */
    long setSize(long... shape);

    /**
     * Whether a sample has the same result alone and in a batch.
     *
     * @return false if sets run across the batch
     */
    boolean samplesAreIndependent();

    /**
     * Number of samples along which an input can be divided.
     *
     * @param shape of the input
     * @return N, or the number of rows
     */
    long samples(long... shape);

    /**
     * The shape of an input with another number of samples.
     *
     * @param samples number of samples
     * @param shape of the input
     * @return the shape
     */
    long[] shapeOf(long samples, long... shape);

    /**
     * Describes the sets in words.
     *
     * @param shape of the input
     * @return for example {@code 2 x 32 groups of 10 channels, 40960 elements each}
     */
    String describe(long... shape);
}
