package io.github.clnorm.internal.geometry;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the blocks of a part lie among those of the sets of the whole tensor. The same for all sets of the part.
 *
 * <p>Immutable and thread-safe.
 *
 * @param ofPart blocks of a set of the part
 * @param ofWhole blocks of a set of the tensor
 * @param stretches successive blocks
 */
public record BlockSlots(long ofPart, long ofWhole, List<Stretch> stretches) {

    /**
     * Successive blocks.
     *
     * @param from the first one in the set of the part
     * @param to the first one in the set of the tensor
     * @param count their number
     */
    public record Stretch(long from, long to, long count) {}

    /** Copies the list. */
    public BlockSlots {
        stretches = List.copyOf(stretches);
    }

    /**
     * The blocks of moments.
     *
     * @param whole the tensor, {@linkplain Geometry#joined() joined} if moments are summed along rows
     * @param part a part of {@link Parts#forMoments}
     * @return their places
     */
    public static BlockSlots ofMoments(Geometry whole, Part part) {
        Geometry own = part.geometry(whole);
        long ofPart = Cut.of(own).blocks();
        long ofWhole = Cut.of(whole).blocks();
        if (!whole.momentsAcrossRows()) {
            long perRow = Divide.ceil(whole.width(), Cut.BLOCK);
            return one(ofPart, ofWhole, part.row() * perRow + part.column() / Cut.BLOCK);
        }
        Columns columns = Columns.of(whole);
        long rowsOfTile = Columns.of(own).tiles() * (long) columns.shortRows();
        long firstRow = tile(columns, part) * columns.shortRows();
        if (part.columns() == whole.width()) {
            return one(ofPart, ofWhole, firstRow * whole.width());
        }
        List<Stretch> stretches = new ArrayList<>();
        for (long i = 0; i < rowsOfTile; i++) {
            stretches.add(
                    new Stretch(i * part.columns(), (firstRow + i) * whole.width() + part.column(), part.columns()));
        }
        return new BlockSlots(ofPart, ofWhole, stretches);
    }

    /**
     * The blocks of sums of gradients.
     *
     * @param whole the tensor
     * @param part a part of {@link Parts#forGradients}
     * @return their places
     */
    public static BlockSlots ofGradients(Geometry whole, Part part) {
        GradientCut cut = GradientCut.of(whole);
        long ofPart = GradientCut.of(part.geometry(whole)).blocks();
        return switch (cut.order()) {
            case EACH -> one(ofPart, cut.blocks(), part.column() / Cut.BLOCK);
            case RUNS -> one(
                    ofPart,
                    cut.blocks(),
                    (part.row() * cut.runs() + part.column() / whole.run()) * cut.perRun()
                            + part.column() % whole.run() / Cut.BLOCK);
            case COLUMNS -> ofColumns(whole, part, ofPart, cut.blocks());
        };
    }

    /**
     * The blocks of sums of gradients across samples.
     *
     * @param across {@link GradientCut#acrossSamples} of the tensor
     * @param part a part of {@link Parts#acrossSamples}
     * @return their places
     */
    public static BlockSlots acrossSamples(Geometry across, Part part) {
        Columns columns = Columns.of(across);
        long ofPart = (long) Columns.of(part.geometry(across)).tiles() * columns.shortRows();
        return ofColumns(across, part, ofPart, (long) columns.tiles() * columns.shortRows());
    }

    /** The blocks of a column lie side by side, tile after tile. */
    private static BlockSlots ofColumns(Geometry whole, Part part, long ofPart, long ofWhole) {
        Columns columns = Columns.of(whole);
        long perColumn = (long) columns.tiles() * columns.shortRows();
        long here = ofPart / part.columns();
        long first = tile(columns, part) * columns.shortRows();
        List<Stretch> stretches = new ArrayList<>();
        for (long i = 0; i < part.columns(); i++) {
            stretches.add(new Stretch(i * here, (part.column() + i) * perColumn + first, here));
        }
        return new BlockSlots(ofPart, ofWhole, stretches);
    }

    private static long tile(Columns columns, Part part) {
        return part.row() / ((long) Columns.TILE_ROWS * columns.shortRows());
    }

    private static BlockSlots one(long ofPart, long ofWhole, long to) {
        return new BlockSlots(ofPart, ofWhole, List.of(new Stretch(0, to, ofPart)));
    }
}
