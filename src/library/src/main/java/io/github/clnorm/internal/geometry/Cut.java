package io.github.clnorm.internal.geometry;

/**
 * The blocks of a set. A block is summed as a unit. Block sizes repeat after {@code period} blocks: the first {@code
 * full} of them have {@code unit} elements, the next ones up to {@code fuller} have {@code more}, and the others {@code
 * less}. Part of the order of summation.
 *
 * <p>Immutable and thread-safe.
 *
 * @param blocks of a set
 * @param perRow blocks of a row if sums go along rows; else 0
 * @param period blocks until the sizes start again; divides {@code blocks}
 * @param full blocks of a period that have {@code unit} elements
 * @param fuller blocks of a period that have {@code more} elements or {@code unit}
 * @param more elements of the blocks from {@code full} to {@code fuller}
 * @param less elements of the blocks from {@code fuller} on
 * @param unit elements of a full block
 */
public record Cut(int blocks, int perRow, int period, int full, int fuller, long more, long less, long unit) {

    /** Lanes of a sum. */
    public static final int LANES = 64;
    /** Elements of a block along a row. */
    public static final int BLOCK = 1024;
    /** For kernels that sum nothing: one block of one element. */
    public static final Cut NONE = new Cut(1, 1, 1, 1, 1, 0, 0, 1);

    /**
     * The cut of a non-empty geometry.
     *
     * @param geometry the sets
     * @return their cut
     * @throws IllegalArgumentException if a set has more blocks than the kernels can count
     */
    public static Cut of(Geometry geometry) {
        return geometry.momentsAcrossRows() ? acrossRows(geometry) : alongRows(geometry.joined());
    }

    private static Cut alongRows(Geometry geometry) {
        long perRow = Divide.ceil(geometry.width(), BLOCK);
        long last = geometry.width() - (perRow - 1) * BLOCK;
        int blocks = count(geometry, geometry.rows() * perRow);
        if (perRow == 1 || last == BLOCK) {
            return new Cut(blocks, (int) perRow, blocks, blocks, blocks, 0, 0, perRow == 1 ? last : BLOCK);
        }
        int period = (int) perRow;
        return new Cut(blocks, period, period, period - 1, period, last, 0, BLOCK);
    }

    /**
     * The number of pieces of {@link #BLOCK} elements into which a row is divided for normalizing.
     *
     * @param geometry the sets
     * @return pieces of one row; the last may have fewer elements
     */
    public static int piecesPerRow(Geometry geometry) {
        return count(geometry, geometry.rows() * Divide.ceil(geometry.width(), BLOCK)) / (int) geometry.rows();
    }

    private static Cut acrossRows(Geometry geometry) {
        Columns columns = Columns.of(geometry);
        long shortRows = columns.shortRows();
        int blocks = count(geometry, geometry.width() * columns.tiles() * shortRows);
        // By tiles, then rows of a long row. The last tile has `whole` long rows and `further` rows more.
        long whole = geometry.rows() / shortRows - (columns.tiles() - 1) * Columns.TILE_ROWS;
        int further = (int) (geometry.rows() % shortRows);
        long unit = columns.tiles() > 1 ? Columns.TILE_ROWS : whole + (further > 0 ? 1 : 0);
        if (further == 0 && whole == unit) {
            return new Cut(blocks, 0, blocks, blocks, blocks, 0, 0, unit);
        }
        int full = (int) ((columns.tiles() - 1) * shortRows * geometry.width());
        int fuller = (int) (full + further * geometry.width());
        return new Cut(blocks, 0, blocks, full, fuller, whole + 1, whole, unit);
    }

    private static int count(Geometry geometry, long blocks) {
        if (blocks > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a set of " + geometry.setSize() + " elements has " + blocks
                    + " blocks, more than the supported " + Integer.MAX_VALUE);
        }
        return (int) blocks;
    }
}
