package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.BlockSlots;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.internal.geometry.Section;
import io.github.clnorm.internal.runtime.BackwardBuffers;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.Phase;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;

/**
 * The gradients of the parameters of a tensor whose sections are computed separately, on one device or on several. The sums of
 * all blocks are collected on the host, and merged as those of any tensor: the result has the bits of the whole.
 *
 * <p>Thread-safe for sections that do not overlap. A merge must follow the last section.
 */
public final class ParameterTable {

    private static final int SUMS = 2;

    private final BackwardProblem problem;
    private final Geometry whole;
    private final GradientCut cut;
    private final BlockTable table;

    /**
     * A table without sums.
     *
     * @param problem the whole pass, not empty
     * @throws IllegalArgumentException if the host cannot hold the sums
     */
    public ParameterTable(BackwardProblem problem) {
        this.problem = problem;
        this.whole = problem.geometry();
        this.cut = GradientCut.of(whole);
        this.table = isAcrossSamples()
                ? new BlockTable(
                        SUMS,
                        GradientCut.acrossSamples(whole).groups(),
                        GradientCut.ofColumns(whole).blocks(),
                        problem.real())
                : new BlockTable(SUMS, whole.sets(), cut.blocks(), problem.real());
    }

    /**
     * The pass whose gradients it collects.
     *
     * @return the problem
     */
    public BackwardProblem problem() {
        return problem;
    }

    /** Whether every element of a row has its own parameters, whose sums go down the samples. */
    boolean isAcrossSamples() {
        return cut.order() == Order.EACH;
    }

    /** The sums, by the sets of the whole tensor, or across samples by its columns. */
    BlockTable sums() {
        return table;
    }

    /**
     * The rows of a block: samples, or rows of a tensor of one sample. Sections that begin and end at their multiples, or at the
     * end of the tensor, are made of whole blocks.
     *
     * @param whole the tensor, not empty
     * @return their number; 1 if no block has elements of several
     */
    public static long rowsOfBlock(Geometry whole) {
        if (GradientCut.of(whole).order() == Order.EACH) {
            return (long) Columns.TILE_ROWS
                    * Columns.of(GradientCut.acrossSamples(whole)).shortRows();
        }
        return whole.gradientsAcrossRows() && whole.samples() == 1
                ? (long) Columns.TILE_ROWS * Columns.of(whole).shortRows()
                : 1;
    }

    /**
     * Adds a section that is on a device. Blocks until its sums are on the host.
     *
     * @param session the device
     * @param section whole samples, or whole rows if the tensor is one sample
     * @param buffers of the section; the gradients that it names are not computed
     * @param eps added to the variance, if statistics are given
     */
    public void add(Session session, Section section, BackwardBuffers buffers, double eps) {
        BackwardProblem own = problem.of(section.geometry(whole), true);
        try (SectionBuffers device = new SectionBuffers(session)) {
            long blocks = isAcrossSamples()
                    ? GradientCut.acrossSamples(own.geometry()).sets()
                            * GradientCut.ofColumns(own.geometry()).blocks()
                    : own.geometry().sets() * GradientCut.of(own.geometry()).blocks();
            HostValues host = HostValues.of(problem.real(), SUMS * blocks);
            DeviceBuffer sums = device.allocate(host.bytes().remaining());
            Engine.enqueue(
                    session,
                    own,
                    isAcrossSamples() ? Phase.SUMS_ACROSS_SAMPLES : Phase.SUMS,
                    session.planner().split(own),
                    buffers.ofSums(sums),
                    eps);
            device.download(sums, host.bytes());
            put(host.bytes(), section);
        }
    }

    private void put(ByteBuffer sums, Section section) {
        if (isAcrossSamples()) {
            Geometry across = GradientCut.acrossSamples(whole);
            Section rows = new Section(0, 1, section.sample(), section.samples(), 0, across.groups(), 0, 1);
            table.put(sums, 0, BlockSlots.acrossSamples(across, rows));
        } else {
            table.put(sums, section.firstSet(whole), BlockSlots.ofGradients(whole, section));
        }
    }

    /**
     * Merges the sums of all blocks.
     *
     * @param session the device that does it
     * @param gradWeight filled with dγ; null if it is not wanted
     * @param gradBias filled with dβ; null if it is not wanted
     * @throws IllegalArgumentException when the device cannot hold the sums of one parameter
     */
    public void merge(Session session, HostValues gradWeight, HostValues gradBias) {
        if (isAcrossSamples()) {
            mergeColumns(session, gradWeight, gradBias);
        } else {
            mergeGroups(session, gradWeight, gradBias);
        }
    }

    /** The parameters of some groups at a time. */
    private void mergeGroups(Session session, HostValues gradWeight, HostValues gradBias) {
        long ofGroup = whole.width() / whole.run();
        long atOnce = SetGroups.atOnce(session, table.bytes(whole.samples()), whole.groups());
        for (long group = 0; group < whole.groups(); group += atOnce) {
            long count = Math.min(atOnce, whole.groups() - group);
            Geometry groups = whole.section(whole.samples(), whole.rows(), count, whole.width(), whole.run());
            ByteBuffer sums = table.get(whole.samples(), whole.groups(), group, count);
            merge(session, groups, sums, group * ofGroup, count * ofGroup, gradWeight, gradBias);
        }
    }

    /** Some columns at a time. */
    private void mergeColumns(Session session, HostValues gradWeight, HostValues gradBias) {
        long columns = whole.groups() * whole.width();
        long atOnce = SetGroups.atOnce(session, table.bytes(1), columns);
        if (atOnce < columns && (atOnce < 2 * Cut.LANES || whole.groups() > 1)) {
            throw new IllegalArgumentException("the sums of " + whole.samples() + " samples take " + table.bytes(1)
                    + " bytes for each parameter, too much for "
                    + session.device().description());
        }
        long column = 0;
        while (column < columns) {
            // Fewer than 64 columns would form other long rows.
            long left = columns - column;
            long count = left > atOnce && left - atOnce < Cut.LANES ? atOnce - Cut.LANES : Math.min(atOnce, left);
            Geometry some = atOnce >= columns ? whole : whole.section(whole.samples(), 1, 1, count, 1);
            merge(session, some, table.get(1, 0, column, count), column, count, gradWeight, gradBias);
            column += count;
        }
    }

    private void merge(
            Session session,
            Geometry geometry,
            ByteBuffer sums,
            long first,
            long count,
            HostValues gradWeight,
            HostValues gradBias) {
        BackwardProblem own = problem.of(geometry, true);
        try (SectionBuffers device = new SectionBuffers(session)) {
            ElementType type = problem.parameterType();
            DeviceBuffer weight = problem.weight() ? device.allocate(count * type.bytes()) : null;
            DeviceBuffer bias = problem.bias() ? device.allocate(count * type.bytes()) : null;
            Engine.enqueue(
                    session,
                    own,
                    Phase.PARAMETERS,
                    session.planner().split(own),
                    BackwardBuffers.ofParameters(device.copy(sums), weight, bias),
                    0);
            if (weight != null) {
                device.download(weight, HostValues.slice(gradWeight, first, count));
            }
            if (bias != null) {
                device.download(bias, HostValues.slice(gradBias, first, count));
            }
        }
    }
}
