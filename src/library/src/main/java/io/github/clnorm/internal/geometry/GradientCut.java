package io.github.clnorm.internal.geometry;

/**
 * The blocks of a set for the sums of its gradients: pieces of at most {@link Cut#BLOCK} elements that share a
 * parameter; pieces of a row if every element of a row has its own parameters; columns across rows. Block {@code k}
 * belongs to parameter {@code k / perRun % runs} of its set. Part of the order of summation.
 *
 * <p>Immutable and thread-safe.
 *
 * @param order what a block is
 * @param blocks of a set
 * @param runs parameters of a set; 1 if every element has its own
 * @param perRun successive blocks of one parameter
 */
public record GradientCut(Order order, int blocks, int runs, int perRun) {

    /** What a block is. */
    public enum Order {
        /** A piece of at most {@link Cut#BLOCK} elements of a run, which share a parameter. */
        RUNS,
        /** A piece of a row in which every element has its own parameters, which are summed across the samples. */
        EACH,
        /** A column, across rows. */
        COLUMNS
    }

    /**
     * The cut of a non-empty geometry.
     *
     * @param geometry the sets
     * @return their cut
     * @throws IllegalArgumentException when a set has more blocks than the kernels can count
     */
    public static GradientCut of(Geometry geometry) {
        long rows = geometry.rows();
        long run = geometry.run();
        long width = geometry.width();
        if (geometry.gradientsAcrossRows()) {
            Columns columns = Columns.of(geometry);
            long ofColumn = (long) columns.tiles() * columns.shortRows();
            return counted(geometry, Order.COLUMNS, width * ofColumn, width / run, ofColumn * run);
        }
        if (run == 1) {
            long pieces = Divide.ceil(width, Cut.BLOCK);
            return counted(geometry, Order.EACH, pieces, 1, pieces);
        }
        long pieces = Divide.ceil(run, Cut.BLOCK);
        return counted(geometry, Order.RUNS, rows * (width / run) * pieces, width / run, pieces);
    }

    /**
     * The tensor for sums over samples, if every element of a row has its own parameters: one sample, whose rows are
     * those of all sets and whose columns are the parameters. If each sample has its own parameters, the rows of a sample
     * are summed alone.
     *
     * @param geometry a geometry with the order {@link Order#EACH}
     * @return {@code [1][samples][groups · width][1]}, or {@code [samples][groups][width][1]} for parameters of samples
     */
    public static Geometry acrossSamples(Geometry geometry) {
        return geometry.scope() == ParameterScope.PER_SAMPLE
                ? new Geometry(geometry.samples(), geometry.groups(), geometry.width(), 1, 1, ParameterScope.PER_SET)
                : new Geometry(1, geometry.samples(), geometry.groups() * geometry.width(), 1, 1);
    }

    /**
     * Sets in a row of {@link #acrossSamples}.
     *
     * @param geometry a geometry with the order {@link Order#EACH}
     * @return the groups; 1 if each sample has its own parameters
     */
    public static long setsOfRow(Geometry geometry) {
        return geometry.scope() == ParameterScope.PER_SAMPLE ? 1 : geometry.groups();
    }

    /**
     * Tiles of {@link Columns#TILE_ROWS} sets that share their parameters.
     *
     * @param geometry a geometry with the order {@link Order#EACH}, in rows of 64 elements or more
     * @return the tiles of the whole tensor
     */
    public static long tiles(Geometry geometry) {
        Geometry across = acrossSamples(geometry);
        return across.samples() * Divide.ceil(across.rows(), Columns.TILE_ROWS) * setsOfRow(geometry);
    }

    /**
     * The cut of the sums across the samples.
     *
     * @param geometry a geometry with the order {@link Order#EACH}
     * @return the cut of its columns
     */
    public static GradientCut ofColumns(Geometry geometry) {
        Geometry across = acrossSamples(geometry);
        Columns columns = Columns.of(across);
        long ofColumn = (long) columns.tiles() * columns.shortRows();
        return counted(across, Order.COLUMNS, ofColumn, 1, ofColumn);
    }

    /**
     * The most elements of a block.
     *
     * @param geometry the sets
     * @return at most {@link Cut#BLOCK}; across rows at most {@link Columns#TILE_ROWS}
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
}
