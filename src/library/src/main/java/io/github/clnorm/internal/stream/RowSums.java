package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.BlockSlots;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.Section;
import io.github.clnorm.internal.geometry.Sections;
import io.github.clnorm.internal.runtime.Phase;
import java.util.List;

/**
 * The sums for the gradients of parameters that go across rows: down the samples if every element of a row has its own
 * parameters, or down the rows of a batch. Rows that are not on one device go through it in sections of whole blocks.
 *
 * <p>Used by one thread.
 */
public final class RowSums {

    private final StreamDevices devices;
    private final Geometry whole;
    private final boolean acrossSamples;
    private final int elementBytes;
    private final boolean areResults;
    private final long most;
    private final SectionGradients ofSections;

    /**
     * Sums of a pass.
     *
     * @param devices that share the sections
     * @param problem the whole pass, not empty
     * @param affine gamma and beta
     * @param eps added to the variance
     * @param most elements of a section, at least {@link Cut#BLOCK}; more only where blocks lie side by side
     */
    public RowSums(StreamDevices devices, BackwardProblem problem, Affine affine, double eps, long most) {
        this.devices = devices;
        this.whole = problem.geometry();
        this.acrossSamples = GradientCut.of(whole).order() == GradientCut.Order.EACH;
        this.elementBytes = problem.type().bytes();
        this.areResults = !problem.input();
        this.most = most;
        this.ofSections = new SectionGradients(problem, affine, eps);
    }

    /**
     * Adds the sums of some rows: samples if every element has its own parameters, else rows of the batch. Blocks until they
     * are on the host.
     *
     * @param first the first row, at the begin of a block
     * @param rows their number; the last one is the last of a block
     * @param tensors of the whole pass
     * @param statistics of all sets
     * @param table gets the sums
     */
    public void add(long first, long rows, BackwardTensors tensors, SetStatistics statistics, ParameterTable table) {
        if (acrossSamples) {
            acrossSamples(first, rows, tensors, statistics, table.sums());
        } else {
            acrossRows(first, rows, tensors, statistics, table.sums());
        }
    }

    private void acrossSamples(
            long first, long rows, BackwardTensors tensors, SetStatistics statistics, BlockTable table) {
        Geometry across = GradientCut.acrossSamples(whole);
        // Columns of several sets stay together: a section's statistics are those of whole samples.
        long together = (long) Columns.TILE_ROWS * Columns.of(across).shortRows() * across.groups();
        long atOnce = whole.groups() == 1 ? most : Math.max(most, together);
        loop(across, from(first, Sections.acrossSamples(rows(across, rows), atOnce)), tensors)
                .run((session, section, bytes) -> {
                    Section own = ofSamples(section);
                    table.put(
                            ofSections.sumsOf(
                                    session,
                                    Phase.SUMS_ACROSS_SAMPLES,
                                    whole,
                                    own,
                                    own.firstSet(whole),
                                    bytes,
                                    statistics),
                            section.group(),
                            BlockSlots.acrossSamples(across, section));
                });
    }

    private void acrossRows(
            long first, long rows, BackwardTensors tensors, SetStatistics statistics, BlockTable table) {
        loop(whole, from(first, Sections.forGradients(rows(whole, rows), most)), tensors)
                .run((session, section, bytes) -> table.put(
                        ofSections.sumsOf(
                                session, Phase.SUMS, whole, section, section.firstSet(whole), bytes, statistics),
                        section.firstSet(whole),
                        BlockSlots.ofGradients(whole, section)));
    }

    private static Geometry rows(Geometry tensor, long rows) {
        return tensor.section(1, rows, tensor.groups(), tensor.width(), tensor.run());
    }

    /** The same sections, some rows further. */
    private static List<Section> from(long first, List<Section> sections) {
        return sections.stream()
                .map(section -> new Section(
                        section.sample(),
                        section.samples(),
                        section.row() + first,
                        section.rows(),
                        section.group(),
                        section.groups(),
                        section.column(),
                        section.columns()))
                .toList();
    }

    private SectionLoop loop(Geometry tensor, List<Section> sections, BackwardTensors tensors) {
        return new SectionLoop(devices, tensor, 0, elementBytes, sections)
                .with(tensors.input(), null)
                .with(tensors.residual(), null)
                .with(tensors.gradOutput(), null)
                .counting(areResults);
    }

    /** Rows and columns of all samples, as samples and columns of the tensor. */
    private Section ofSamples(Section section) {
        if (section.groups() == whole.groups() * whole.width()) {
            return new Section(section.row(), section.rows(), 0, 1, 0, whole.groups(), 0, whole.width());
        }
        return new Section(section.row(), section.rows(), 0, 1, 0, 1, section.group(), section.groups());
    }
}
