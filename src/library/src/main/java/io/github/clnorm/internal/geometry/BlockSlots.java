package io.github.clnorm.internal.geometry;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the blocks of a section lie among those of the sets of the whole tensor. The same for all sets of the section.
 *
 * <p>Immutable and thread-safe.
 *
 * @param ofSection blocks of a set of the section
 * @param ofWhole blocks of a set of the tensor
 * @param stretches successive blocks
 */
public record BlockSlots(long ofSection, long ofWhole, List<Stretch> stretches) {

    /**
     * Successive blocks.
     *
     * @param from the first one in the set of the section
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
     * @param section a section of {@link Sections#forMoments}
     * @return their places
     */
    public static BlockSlots ofMoments(Geometry whole, Section section) {
        Geometry own = section.geometry(whole);
        long ofSection = Cut.of(own).blocks();
        long ofWhole = Cut.of(whole).blocks();
        if (!whole.momentsAcrossRows()) {
            long perRow = Divide.ceil(whole.width(), Cut.BLOCK);
            return one(ofSection, ofWhole, section.row() * perRow + section.column() / Cut.BLOCK);
        }
        Columns columns = Columns.of(whole);
        long rowsOfTile = Columns.of(own).tiles() * (long) columns.shortRows();
        long firstRow = tile(columns, section) * columns.shortRows();
        if (section.columns() == whole.width()) {
            return one(ofSection, ofWhole, firstRow * whole.width());
        }
        List<Stretch> stretches = new ArrayList<>();
        for (long i = 0; i < rowsOfTile; i++) {
            stretches.add(new Stretch(
                    i * section.columns(), (firstRow + i) * whole.width() + section.column(), section.columns()));
        }
        return new BlockSlots(ofSection, ofWhole, stretches);
    }

    /**
     * The blocks of sums of gradients.
     *
     * @param whole the tensor
     * @param section a section of {@link Sections#forGradients}
     * @return their places
     */
    public static BlockSlots ofGradients(Geometry whole, Section section) {
        GradientCut cut = GradientCut.of(whole);
        long ofSection = GradientCut.of(section.geometry(whole)).blocks();
        return switch (cut.order()) {
            case EACH -> one(ofSection, cut.blocks(), section.column() / Cut.BLOCK);
            case RUNS -> one(
                    ofSection,
                    cut.blocks(),
                    (section.row() * cut.runs() + section.column() / whole.run()) * cut.perRun()
                            + section.column() % whole.run() / Cut.BLOCK);
            case COLUMNS -> ofColumns(whole, section, ofSection, cut.blocks());
        };
    }

    /**
     * The blocks of sums of gradients across samples.
     *
     * @param across {@link GradientCut#acrossSamples} of the tensor
     * @param section a section of {@link Sections#acrossSamples}
     * @return their places
     */
    public static BlockSlots acrossSamples(Geometry across, Section section) {
        Columns columns = Columns.of(across);
        long ofSection = (long) Columns.of(section.geometry(across)).tiles() * columns.shortRows();
        return ofColumns(across, section, ofSection, (long) columns.tiles() * columns.shortRows());
    }

    /** The blocks of a column lie side by side, tile after tile. */
    private static BlockSlots ofColumns(Geometry whole, Section section, long ofSection, long ofWhole) {
        Columns columns = Columns.of(whole);
        long perColumn = (long) columns.tiles() * columns.shortRows();
        long here = ofSection / section.columns();
        long first = tile(columns, section) * columns.shortRows();
        List<Stretch> stretches = new ArrayList<>();
        for (long i = 0; i < section.columns(); i++) {
            stretches.add(new Stretch(i * here, (section.column() + i) * perColumn + first, here));
        }
        return new BlockSlots(ofSection, ofWhole, stretches);
    }

    private static long tile(Columns columns, Section section) {
        return section.row() / ((long) Columns.TILE_ROWS * columns.shortRows());
    }

    private static BlockSlots one(long ofSection, long ofWhole, long to) {
        return new BlockSlots(ofSection, ofWhole, List.of(new Stretch(0, to, ofSection)));
    }
}
