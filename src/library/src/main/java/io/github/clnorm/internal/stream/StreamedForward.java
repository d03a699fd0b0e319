package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Section;
import io.github.clnorm.internal.geometry.Sections;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.ForwardBuffers;
import io.github.clnorm.internal.runtime.Phase;
import io.github.clnorm.internal.runtime.Session;
import java.nio.ByteBuffer;

/**
 * A forward pass over a tensor that need not fit the device, with the bits of one that does. Samples that fit go through whole,
 * several at a time. A larger one is read twice: first for the moments of its blocks, which are collected on the host and
 * merged as those of any set, then for the results.
 *
 * <p>Reading, computing and writing overlap, and devices work at the same time. Used by one thread.
 */
public final class StreamedForward {

    private final StreamDevices devices;
    private final ForwardProblem problem;
    private final Geometry whole;
    private final Affine affine;
    private final double eps;
    private final long most;
    private final StreamedStatistics ofSets;

    /**
     * A pass that is not started yet.
     *
     * @param devices that share the sections; with several, targets get their sections in any order
     * @param problem the whole pass, not empty
     * @param affine gamma and beta
     * @param eps added to the variance
     * @param most elements of a section, at least {@link Cut#BLOCK}
     */
    public StreamedForward(StreamDevices devices, ForwardProblem problem, Affine affine, double eps, long most) {
        this.devices = devices;
        this.problem = problem;
        this.whole = problem.geometry();
        this.affine = affine;
        this.eps = eps;
        this.most = most;
        this.ofSets = new StreamedStatistics(devices, problem, eps, most);
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
            ofSets.ofSample(sample, tensors.input(), tensors.residual(), statistics);
            results(whole.sample(), sample, tensors, statistics, Phase.RESULTS);
        }
    }

    private long ofSample() {
        return whole.elements() / whole.samples();
    }

    /** Results of all sections, with statistics that are known, or of whole samples with their own. */
    private void results(Geometry tensor, long sample, ForwardTensors tensors, SetStatistics statistics, Phase phase) {
        new SectionLoop(devices, tensor, sample * ofSample(), problem.type().bytes(), Sections.forResults(tensor, most))
                .with(tensors.input(), tensors.output())
                .with(tensors.residual(), null)
                .with(null, tensors.sum())
                .run((session, section, bytes) -> resultsOf(
                        session,
                        tensor,
                        section,
                        sample * tensor.groups() + section.firstSet(tensor),
                        bytes,
                        statistics,
                        phase));
    }

    /** Replaces x by y. */
    private void resultsOf(
            Session session,
            Geometry tensor,
            Section section,
            long firstSet,
            ByteBuffer[] bytes,
            SetStatistics statistics,
            Phase phase) {
        ForwardProblem own = new ForwardProblem(
                section.geometry(tensor),
                problem.statistics(),
                problem.type(),
                problem.parameterType(),
                problem.activation(),
                problem.residual(),
                problem.sum());
        boolean known = phase == Phase.RESULTS;
        try (SectionBuffers device = new SectionBuffers(session)) {
            DeviceBuffer x = device.tensor(bytes[0]);
            DeviceBuffer sum = device.target(bytes[2]);
            SetValues values = known
                    ? SetValues.of(device, statistics, firstSet, section.sets())
                    : ofSets.empty(device, section.sets());
            boolean given = problem.statistics() == Statistics.GIVEN;
            Engine.enqueue(
                    session,
                    own,
                    phase,
                    known ? session.planner().split(own) : session.planner().plan(own),
                    new ForwardBuffers(
                            x,
                            device.tensor(bytes[1]),
                            device.copy(affine.weight(tensor, section)),
                            device.copy(affine.bias(tensor, section)),
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
                values.download(device, statistics, firstSet, section.sets());
            }
        }
    }
}
