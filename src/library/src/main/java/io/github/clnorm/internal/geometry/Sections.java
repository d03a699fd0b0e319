package io.github.clnorm.internal.geometry;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a tensor into sections of a bounded size, in the order of the tensor. Sections for sums are made of whole blocks.
 *
 * <p>Thread-safe.
 */
public final class Sections {

    private final Geometry whole;
    private final long most;
    // Rows that stay together, and elements of a row that do.
    private final long rowUnit;
    private final long run;
    private final List<Section> sections = new ArrayList<>();

    private Sections(Geometry whole, long most, long rowUnit, long run) {
        this.whole = whole;
        this.most = most;
        this.rowUnit = rowUnit;
        this.run = run;
    }

    /**
     * Sections for the moments of blocks.
     *
     * @param whole the tensor, not empty, {@linkplain Geometry#joined() joined} if moments are summed along rows
     * @param most elements of a section, at least {@link Cut#BLOCK}; more only where blocks lie side by side
     * @return the sections
     */
    public static List<Section> forMoments(Geometry whole, long most) {
        return whole.momentsAcrossRows()
                ? acrossRows(whole, most, 1)
                : new Sections(whole, most, 1, whole.width()).cut();
    }

    /**
     * Sections for the sums of gradients.
     *
     * @param whole the tensor, not empty
     * @param most elements of a section, at least {@link Cut#BLOCK}; more only where blocks lie side by side
     * @return the sections
     */
    public static List<Section> forGradients(Geometry whole, long most) {
        if (whole.gradientsAcrossRows()) {
            return acrossRows(whole, most, whole.run());
        }
        // Without runs, a block is a piece of a row.
        return new Sections(whole, most, 1, whole.run() == 1 ? whole.width() : whole.run()).cut();
    }

    /**
     * Sections for the sums of gradients across samples.
     *
     * @param across {@link GradientCut#acrossSamples} of the tensor
     * @param most elements of a section, at least {@link Cut#BLOCK}; more only where blocks lie side by side
     * @return the sections: rows are samples, and groups are columns
     */
    public static List<Section> acrossSamples(Geometry across, long most) {
        return acrossRows(across, most, 1);
    }

    /**
     * Sections for results, each contiguous.
     *
     * @param whole the tensor, not empty
     * @param most elements of a section, at least {@link Cut#BLOCK}
     * @return the sections
     */
    public static List<Section> forResults(Geometry whole, long most) {
        return new Sections(whole, most, 1, whole.run()).cut();
    }

    private static List<Section> acrossRows(Geometry whole, long most, long run) {
        return new Sections(
                        whole,
                        most,
                        (long) Columns.TILE_ROWS * Columns.of(whole).shortRows(),
                        run)
                .cut();
    }

    private List<Section> cut() {
        long ofSample = whole.elements() / whole.samples();
        long together = Math.max(1, most / ofSample);
        for (long sample = 0; sample < whole.samples(); sample += together) {
            if (ofSample <= most) {
                long count = Math.min(together, whole.samples() - sample);
                sections.add(new Section(sample, count, 0, whole.rows(), 0, whole.groups(), 0, whole.width()));
            } else {
                cutRows(sample);
            }
        }
        return sections;
    }

    private void cutRows(long sample) {
        long ofRow = whole.groups() * whole.width();
        long atOnce = Math.max(1, most / (rowUnit * ofRow)) * rowUnit;
        for (long row = 0; row < whole.rows(); row += atOnce) {
            long rows = Math.min(atOnce, whole.rows() - row);
            if (rows * ofRow <= most || ofRow < 2 * Cut.LANES) {
                sections.add(new Section(sample, 1, row, rows, 0, whole.groups(), 0, whole.width()));
            } else {
                cutGroups(sample, row, rows);
            }
        }
    }

    private void cutGroups(long sample, long row, long rows) {
        long width = whole.width();
        long group = 0;
        while (group < whole.groups()) {
            long groups = share(most / (rows * width), Divide.ceil(least(), width), whole.groups() - group);
            if (groups == 1 && rows * width > most) {
                cutColumns(sample, row, rows, group);
            } else {
                sections.add(new Section(sample, 1, row, rows, group, groups, 0, width));
            }
            group += groups;
        }
    }

    /** Whole runs, or within a run whole blocks. */
    private void cutColumns(long sample, long row, long rows, long group) {
        long width = whole.width();
        long fit = most / rows;
        long column = 0;
        while (column < width) {
            long inRun = column % run;
            long columns = inRun == 0 && (run <= fit || rowUnit > 1)
                    ? share(fit / run, Divide.ceil(least(), run), (width - column) / run) * run
                    : Math.min(run - inRun, fit / Cut.BLOCK * Cut.BLOCK);
            sections.add(new Section(sample, 1, row, rows, group, 1, column, columns));
            column += columns;
        }
    }

    /** Columns that a section across rows must have: fewer would form other long rows. */
    private long least() {
        return rowUnit > 1 ? Cut.LANES : 1;
    }

    /** As many as fit, at least some, and so that those that are left over are none or enough. */
    private static long share(long fit, long least, long left) {
        long some = Math.min(left, Math.max(fit, least));
        return left - some < least ? left : some;
    }
}
