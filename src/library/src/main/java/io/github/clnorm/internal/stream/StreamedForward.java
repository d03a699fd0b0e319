package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.BlockSlots;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Part;
import io.github.clnorm.internal.geometry.Parts;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.ForwardBuffers;
import io.github.clnorm.internal.runtime.Phase;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;

/**
 * A forward pass over a tensor that need not fit the device, with the bits of one that does. Samples that fit go through whole,
 * several at a time. A larger one is read twice: first for the moments of its blocks, which are collected on the host and
 * merged as those of any set, then for the results.
 *
 * <p>Reading, computing and writing overlap. Used by one thread.
 */
public final class StreamedForward {

    private static final int MOMENTS = 4;

    private final Session session;
    private final ForwardProblem problem;
    private final Geometry whole;
    private final Affine affine;
    private final double eps;
    private final long most;
    private final ElementType real;

    /**
     * A pass that is not started yet.
     *
     * @param session the device
     * @param problem the whole pass, not empty
     * @param affine gamma and beta
     * @param eps added to the variance
     * @param most elements of a part, at least {@link Cut#BLOCK}
     */
    public StreamedForward(Session session, ForwardProblem problem, Affine affine, double eps, long most) {
        this.session = session;
        this.problem = problem;
        this.whole = problem.geometry();
        this.affine = affine;
        this.eps = eps;
        this.most = most;
        this.real = problem.real();
    }

    /**
     * Runs the pass, and blocks until all results are written.
     *
     * @param tensors where they are
     * @param statistics given ones, or filled with those of all sets
     * @throws IllegalArgumentException when the device cannot hold what must be in its memory at once
     */
    public void run(ForwardTensors tensors, SetStatistics statistics) {
        boolean given = problem.statistics() == Statistics.GIVEN;
        if (given || ofSample() <= most) {
            results(whole, 0, tensors, statistics, given ? Phase.RESULTS : Phase.ALL);
            return;
        }
        for (long sample = 0; sample < whole.samples(); sample++) {
            moments(sample, tensors, statistics);
            results(whole.sample(), sample, tensors, statistics, Phase.RESULTS);
        }
    }

    /**
     * Computes the statistics of all sets, and no results.
     *
     * @param tensors where they are; targets are not used
     * @param statistics filled
     * @throws IllegalArgumentException when the device cannot hold what must be in its memory at once
     */
    public void statistics(ForwardTensors tensors, SetStatistics statistics) {
        for (long sample = 0; sample < whole.samples(); sample++) {
            moments(sample, tensors, statistics);
        }
    }

    private boolean centered() {
        return problem.statistics() != Statistics.MEAN_SQUARE;
    }

    private long ofSample() {
        return whole.elements() / whole.samples();
    }

    /** The statistics of the sets of a sample, from the moments of its blocks. */
    private void moments(long number, ForwardTensors tensors, SetStatistics statistics) {
        Geometry sample = whole.sample();
        Geometry sums = sample.momentsAcrossRows() ? sample : sample.joined();
        BlockTable table = new BlockTable(MOMENTS, sample.groups(), Cut.of(sums).blocks(), real);
        new PartLoop(sums, number * ofSample(), problem.type().bytes(), Parts.forMoments(sums, most))
                .with(tensors.input(), null)
                .with(tensors.residual(), null)
                .run((part, bytes) -> table.put(
                        momentsOf(part.geometry(sums), bytes[0], bytes[1]),
                        part.firstSet(sums),
                        BlockSlots.ofMoments(sums, part)));
        merge(sample, table, number * sample.groups(), statistics);
    }

    private ByteBuffer momentsOf(Geometry part, ByteBuffer x, ByteBuffer residual) {
        HostValues moments =
                HostValues.of(real, MOMENTS * part.sets() * Cut.of(part).blocks());
        ForwardProblem sums = new ForwardProblem(
                part, problem.statistics(), problem.type(), real, Activation.NONE, problem.residual(), false);
        try (OnDevice device = new OnDevice(session)) {
            DeviceBuffer table = device.allocate(moments.bytes().remaining());
            Engine.enqueue(
                    session,
                    sums,
                    Phase.SUMS,
                    session.planner().split(sums),
                    new ForwardBuffers(
                            device.tensor(x),
                            device.tensor(residual),
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            table),
                    eps);
            device.download(table, moments.bytes());
        }
        return moments.bytes();
    }

    /** Merges the blocks of all sets of a sample, as many sets at a time as the device has memory for. */
    private void merge(Geometry sample, BlockTable table, long firstSet, SetStatistics statistics) {
        long atOnce = SetGroups.atOnce(session, table.bytes(1), sample.groups());
        for (long group = 0; group < sample.groups(); group += atOnce) {
            long count = Math.min(atOnce, sample.groups() - group);
            Geometry sets = sample.part(1, sample.rows(), count, sample.width(), sample.run());
            ForwardProblem merged = new ForwardProblem(
                    sets, problem.statistics(), problem.type(), real, Activation.NONE, problem.residual(), false);
            try (OnDevice device = new OnDevice(session)) {
                StatisticsOnDevice values = StatisticsOnDevice.empty(device, real, count, centered());
                Engine.enqueue(
                        session,
                        merged,
                        Phase.MERGE,
                        session.planner().split(merged),
                        new ForwardBuffers(
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                values.mean(),
                                values.meanLo(),
                                values.variance(),
                                values.rstd(),
                                device.copy(table.get(1, sample.groups(), group, count))),
                        eps);
                values.download(device, statistics, firstSet + group, count);
            }
        }
    }

    /** Results of all parts, with statistics that are known, or of whole samples with their own. */
    private void results(Geometry tensor, long sample, ForwardTensors tensors, SetStatistics statistics, Phase phase) {
        new PartLoop(tensor, sample * ofSample(), problem.type().bytes(), Parts.forResults(tensor, most))
                .with(tensors.input(), tensors.output())
                .with(tensors.residual(), null)
                .with(null, tensors.sum())
                .run((part, bytes) -> resultsOf(
                        tensor, part, sample * tensor.groups() + part.firstSet(tensor), bytes, statistics, phase));
    }

    /** Replaces x by y. */
    private void resultsOf(
            Geometry tensor, Part part, long firstSet, ByteBuffer[] bytes, SetStatistics statistics, Phase phase) {
        ForwardProblem own = new ForwardProblem(
                part.geometry(tensor),
                problem.statistics(),
                problem.type(),
                problem.parameterType(),
                problem.activation(),
                problem.residual(),
                problem.sum());
        boolean known = phase == Phase.RESULTS;
        try (OnDevice device = new OnDevice(session)) {
            DeviceBuffer x = device.tensor(bytes[0]);
            DeviceBuffer sum = device.target(bytes[2]);
            StatisticsOnDevice values = known
                    ? StatisticsOnDevice.of(device, statistics, firstSet, part.sets())
                    : StatisticsOnDevice.empty(device, real, part.sets(), centered());
            boolean given = problem.statistics() == Statistics.GIVEN;
            Engine.enqueue(
                    session,
                    own,
                    phase,
                    known ? session.planner().split(own) : session.planner().plan(own),
                    new ForwardBuffers(
                            x,
                            device.tensor(bytes[1]),
                            device.copy(affine.weight(tensor, part)),
                            device.copy(affine.bias(tensor, part)),
                            x,
                            sum,
                            values.mean(),
                            given ? null : values.meanLo(),
                            values.variance(),
                            given ? null : values.rstd()),
                    eps);
            device.download(x, bytes[0]);
            if (sum != null) {
                device.download(sum, bytes[2]);
            }
            if (!known) {
                values.download(device, statistics, firstSet, part.sets());
            }
        }
    }
}
