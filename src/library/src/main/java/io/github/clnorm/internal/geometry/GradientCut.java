package io.github.clnorm.internal.geometry;

/**
 * The blocks of a set for the sums of its gradients: pieces of at most {@link Cut#BLOCK} elements that share a
 * parameter; pieces of a row if every element of a row has parameters of its own; columns across rows. Block {@code k}
 * belongs to parameter {@code k / perRun % runs} of its set. Part of the order of summation.
 *
 * <p>Immutable and thread-safe.
 *
 * @param order which of them
 * @param blocks of a set
 * @param runs parameters of a set; 1 where every element has its own
 * @param perRun successive blocks of one parameter
 */
public record GradientCut(Order order, int blocks, int runs, int perRun) {

    /** What is summed with what. */
    public enum Order {
        /** Pieces of runs that share a parameter. */
        RUNS,
        /** Pieces of rows, every element with parameters of its own; these are summed across the samples. */
        EACH,
        /** Columns, across rows. */
        COLUMNS
    }

    // Shorter runs are summed across rows if there are enough rows for columns to pay.
    private static final long SHORT_RUN = Cut.LANES;
    private static final long MANY_ROWS = 8;

    /**
     * The cut of a geometry that is not empty.
     *
     * @param geometry the sets
     * @return their cut
     * @throws IllegalArgumentException when a set has more blocks than the kernels can count
     */
    public static GradientCut of(Geometry geometry) {
        long rows = geometry.rows();
        long run = geometry.run();
        long width = geometry.width();
        if (rows > 1 && (run == 1 || run < SHORT_RUN && rows >= MANY_ROWS)) {
            Columns columns = Columns.of(geometry);
            long ofColumn = (long) columns.tiles() * columns.lanes();
            return counted(geometry, Order.COLUMNS, width * ofColumn, width / run, ofColumn * run);
        }
        if (run == 1) {
            long pieces = ceil(width, Cut.BLOCK);
            return counted(geometry, Order.EACH, pieces, 1, pieces);
        }
        long pieces = ceil(run, Cut.BLOCK);
        return counted(geometry, Order.RUNS, rows * (width / run) * pieces, width / run, pieces);
    }

    /**
     * The tensor for sums over samples, if every element of a row has parameters of its own: one sample, whose rows are
     * those of all sets and whose columns are the parameters.
     *
     * @param geometry one with the order {@link Order#EACH}
     * @return {@code [1][samples][groups · width][1]}
     */
    public static Geometry acrossSamples(Geometry geometry) {
        return new Geometry(1, geometry.samples(), geometry.groups() * geometry.width(), 1, 1);
    }

    /**
     * How the sums across the samples are cut.
     *
     * @param geometry one with the order {@link Order#EACH}
     * @return the cut of its columns
     */
    public static GradientCut ofColumns(Geometry geometry) {
        Geometry across = acrossSamples(geometry);
        Columns columns = Columns.of(across);
        long ofColumn = (long) columns.tiles() * columns.lanes();
        return counted(across, Order.COLUMNS, ofColumn, 1, ofColumn);
    }

    /**
     * Elements of a block, at most.
     *
     * @param geometry the sets
     * @return {@link Cut#BLOCK}, or a whole run or row that is shorter; across rows those of a column
     */
    public long elementsOfBlock(Geometry geometry) {
        return switch (order) {
            case RUNS -> Math.min(Cut.BLOCK, geometry.run());
            case EACH -> Math.min(Cut.BLOCK, geometry.width());
            case COLUMNS -> Math.min(Columns.TILE_ROWS, geometry.rows());
        };
    }

    private static GradientCut counted(Geometry geometry, Order order, long blocks, long runs, long perRun) {
        if (blocks > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("the gradients of a set of " + geometry.setSize() + " elements have "
                    + blocks + " blocks, more than the supported " + Integer.MAX_VALUE);
        }
        return new GradientCut(order, (int) blocks, (int) runs, (int) perRun);
    }

    private static long ceil(long a, long b) {
        return (a + b - 1) / b;
    }
}
