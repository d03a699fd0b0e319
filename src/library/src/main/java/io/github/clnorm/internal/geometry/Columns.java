package io.github.clnorm.internal.geometry;

/**
 * The columns of a sample, for work across rows. If rows are short, {@code lanes} successive rows form one <em>long
 * row</em> of at least 64 columns. Part of the order of summation.
 *
 * <p>Immutable and thread-safe.
 *
 * @param lanes rows in a long row, a power of two
 * @param columns columns of a long row: {@code lanes · groups · width}
 * @param tiles number of tiles of {@link #TILE_ROWS} long rows; the last tile may have fewer
 */
public record Columns(int lanes, int columns, int tiles) {

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
        int lanes = 1;
        while (lanes * rowLength < Cut.LANES) {
            lanes *= 2;
        }
        long columns = lanes * rowLength;
        long tiles = Divide.ceil(geometry.rows(), (long) lanes * TILE_ROWS);
        if (columns > Integer.MAX_VALUE / 2 || tiles > Integer.MAX_VALUE / lanes) {
            throw new IllegalArgumentException("rows of " + rowLength + " elements, and " + geometry.rows()
                    + " of them, are more than the supported " + Integer.MAX_VALUE / 2);
        }
        return new Columns(lanes, (int) columns, (int) tiles);
    }
}
