package io.github.clnorm.internal.geometry;

/**
 * The columns of a sample, for work across rows. If rows are short, {@code shortRows} successive rows form one <em>long
 * row</em> of at least 64 columns. Part of the order of summation.
 *
 * <p>Immutable and thread-safe.
 *
 * @param shortRows rows in a long row, a power of two
 * @param columns columns of a long row: {@code shortRows · groups · width}
 * @param tiles number of tiles of {@link #TILE_ROWS} long rows; the last tile may have fewer
 */
public record Columns(int shortRows, int columns, int tiles) {

    /** Long rows of a tile. */
    public static final int TILE_ROWS = 128;

    /**
     * The columns of a geometry.
     *
     * @param geometry sets in several rows, not empty
     * @return their columns
     * @throws IllegalArgumentException if a row has more elements than the kernels can count
     */
    public static Columns of(Geometry geometry) {
        long rowLength = geometry.groups() * geometry.width();
        int shortRows = 1;
        while (shortRows * rowLength < Cut.LANES) {
            shortRows *= 2;
        }
        long columns = shortRows * rowLength;
        long tiles = Divide.ceil(geometry.rows(), (long) shortRows * TILE_ROWS);
        if (columns > Integer.MAX_VALUE / 2 || tiles > Integer.MAX_VALUE / shortRows) {
            throw new IllegalArgumentException("rows of " + rowLength + " elements, and " + geometry.rows()
                    + " of them, are more than the supported " + Integer.MAX_VALUE / 2);
        }
        return new Columns(shortRows, (int) columns, (int) tiles);
    }
}
