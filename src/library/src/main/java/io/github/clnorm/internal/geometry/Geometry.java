package io.github.clnorm.internal.geometry;

/**
 * The sets of a normalization in memory: a tensor {@code [samples][rows][groups][width]}. Set {@code (n, g)} is {@code
 * width} successive elements in each of the {@code rows} rows of sample {@code n}.
 *
 * <p>Inside a row every {@code run} successive elements share one weight and one bias. The scope says which sets use
 * the same ones.
 *
 * <p>Immutable and thread-safe.
 *
 * @param samples N if every sample has sets of its own, 1 if sets run across the batch; 0 for an empty batch
 * @param rows rows of a sample
 * @param groups sets of a sample
 * @param width elements of a set in a row; 0 if a dimension is 0
 * @param run successive elements of a row that share their parameters; divides {@code width}
 * @param momentsAcrossRows whether moments are summed across rows, column by column, and not along them. Part of the order
 *     of summation
 * @param gradientsAcrossRows the same for the sums of gradients
 * @param scope which sets share their parameters
 */
public record Geometry(
        long samples,
        long rows,
        long groups,
        long width,
        long run,
        boolean momentsAcrossRows,
        boolean gradientsAcrossRows,
        ParameterScope scope) {

    // A block along a row costs about as much as 4 blocks across rows (measured on PoCL).
    private static final long ACROSS_FOR_ALONG = 4;
    // Shorter runs are normalized across rows if there are several rows.
    private static final long SHORT_RUN = Cut.LANES;
    // Gradients of runs of several elements are summed across rows only if there are enough rows for columns to pay.
    private static final long MANY_ROWS = 8;

    /**
     * Checks the limits that the kernels rely on.
     *
     * @param samples 0 or more
     * @param rows 1 or more
     * @param groups 1 or more
     * @param width 0 or more
     * @param run 1 or more; divides {@code width}
     * @throws IllegalArgumentException when a number is out of range or {@code run} does not divide {@code width}
     */
    public Geometry {
        if (samples < 0 || rows < 1 || groups < 1 || width < 0 || run < 1 || width % run != 0) {
            throw new IllegalArgumentException("not a geometry: " + samples + " samples of " + rows + " rows of "
                    + groups + " groups of " + width + ", runs of " + run);
        }
        Shapes.elements(samples, rows, groups, width);
    }

    /**
     * A whole tensor, which decides how its sets are summed.
     *
     * @param samples 0 or more
     * @param rows 1 or more
     * @param groups 1 or more
     * @param width 0 or more
     * @param run 1 or more; divides {@code width}
     * @throws IllegalArgumentException when a number is out of range or {@code run} does not divide {@code width}
     */
    public Geometry(long samples, long rows, long groups, long width, long run) {
        this(samples, rows, groups, width, run, ParameterScope.PER_GROUP);
    }

    /**
     * A whole tensor, whose sets share their parameters as the scope says.
     *
     * @param samples 0 or more
     * @param rows 1 or more
     * @param groups 1 or more
     * @param width 0 or more
     * @param run 1 or more; divides {@code width}
     * @param scope which sets share their parameters
     * @throws IllegalArgumentException when a number is out of range or {@code run} does not divide {@code width}
     */
    public Geometry(long samples, long rows, long groups, long width, long run, ParameterScope scope) {
        this(
                samples,
                rows,
                groups,
                width,
                run,
                sumsMomentsAcross(rows, groups, width),
                rows > 1 && (run == 1 || run < SHORT_RUN && rows >= MANY_ROWS),
                scope);
    }

    /** True if the blocks across rows are larger than those along rows, or not much smaller. */
    private static boolean sumsMomentsAcross(long rows, long groups, long width) {
        long along = rows * Divide.ceil(width, Cut.BLOCK);
        long across = width * Divide.ceil(rows, Columns.TILE_ROWS);
        return rows > 1 && groups > 1 && across <= along * ACROSS_FOR_ALONG;
    }

    /**
     * A section of this tensor, which is summed as the tensor is.
     *
     * @param sectionSamples its samples
     * @param sectionRows its rows
     * @param sectionGroups its groups
     * @param sectionWidth elements of a set in one of its rows
     * @param sectionRun successive elements of a row that share their parameters
     * @return the geometry of the section
     */
    public Geometry section(
            long sectionSamples, long sectionRows, long sectionGroups, long sectionWidth, long sectionRun) {
        return new Geometry(
                sectionSamples,
                sectionRows,
                sectionGroups,
                sectionWidth,
                sectionRun,
                momentsAcrossRows,
                gradientsAcrossRows,
                scope);
    }

    /**
     * One sample of this tensor.
     *
     * @return the geometry of a sample, which is summed as the tensor is
     */
    public Geometry sample() {
        return section(1, rows, groups, width, run);
    }

    /**
     * A geometry without elements, for an empty tensor.
     *
     * @param samples number of sets, which have statistics although they are empty
     * @return a geometry of {@code samples} empty sets
     */
    public static Geometry empty(long samples) {
        return new Geometry(samples, 1, 1, 0, 1);
    }

    /**
     * The number of sets of the tensor.
     *
     * @return {@code samples * groups}
     */
    public long sets() {
        return samples * groups;
    }

    /**
     * Elements of a set.
     *
     * @return {@code rows * width}
     */
    public long setSize() {
        return rows * width;
    }

    /**
     * Elements of the whole tensor.
     *
     * @return {@code sets * setSize}
     */
    public long elements() {
        return sets() * setSize();
    }

    /**
     * Elements of weight, and of bias.
     *
     * @return {@code owners * (width / run)}
     */
    public long parameters() {
        return owners() * (width / run);
    }

    /**
     * How many sets have parameters of their own.
     *
     * @return groups, sets or samples, as the scope says
     */
    public long owners() {
        return switch (scope) {
            case PER_GROUP -> groups;
            case PER_SET -> sets();
            case PER_SAMPLE -> samples;
        };
    }

    /**
     * The same sets of channels with parameters of each sample.
     *
     * @return the geometry of samples whose sets have parameters of their own
     */
    public Geometry ofSamples() {
        return rows == 1
                ? new Geometry(Math.min(1, samples), 1, Math.max(1, sets()), width, run)
                : new Geometry(samples, rows, groups, width, run, ParameterScope.PER_SET);
    }

    /**
     * The same sets with the parameters of a plain normalization: for choosing a plan, and for tuning one.
     *
     * @return a geometry in which sets of the same group share their parameters
     */
    public Geometry plain() {
        return switch (scope) {
            case PER_GROUP -> this;
            case PER_SET -> new Geometry(samples, rows, groups, width, run);
            case PER_SAMPLE -> new Geometry(samples * groups, rows, 1, width, run);
        };
    }

    /**
     * The geometry for moments, which need no parameters. With one group, the rows of a set are contiguous in memory
     * and become one row.
     *
     * @return this, or the same sets with one row
     */
    public Geometry joined() {
        return groups == 1 && rows > 1 ? new Geometry(samples, 1, 1, setSize(), setSize()) : this;
    }

    /**
     * Whether elements are normalized across rows, so that a work-item keeps the parameters of its columns in
     * registers.
     *
     * @return true if there are several rows and runs are short
     */
    public boolean affineAcrossRows() {
        return rows > 1 && run < SHORT_RUN;
    }

    /**
     * Whether both moments and results go across rows.
     *
     * @return true for channels last, and for batches of small images
     */
    public boolean acrossRows() {
        return momentsAcrossRows() && affineAcrossRows();
    }

    /**
     * Whether neither goes across rows, and moments and results have the same rows.
     *
     * @return true for sets that are read along their rows
     */
    public boolean alongRows() {
        return !momentsAcrossRows() && !affineAcrossRows() && joined() == this;
    }
}
