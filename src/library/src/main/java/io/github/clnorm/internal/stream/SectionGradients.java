package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.Section;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.runtime.BackwardBuffers;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Engine;
import io.github.clnorm.internal.runtime.Phase;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;

/**
 * The launches of a backward pass over one section: the sums of its blocks, and its dx. Immutable and thread-safe.
 */
final class SectionGradients {

    private static final int SUMS = 2;

    private final BackwardProblem problem;
    private final Affine affine;
    private final double eps;
    private final ElementType real;

    /** The means that dx takes of the sets of a sample: g and g · xhat. */
    record Means(HostValues g, HostValues gOfXhat) {}

    /**
     * For the sections of a pass.
     *
     * @param problem the whole pass
     * @param affine gamma and beta
     * @param eps added to the variance
     */
    SectionGradients(BackwardProblem problem, Affine affine, double eps) {
        this.problem = problem;
        this.affine = affine;
        this.eps = eps;
        this.real = problem.real();
    }

    private boolean given() {
        return problem.statistics() == Statistics.GIVEN;
    }

    /**
     * The sums of the blocks of a section.
     *
     * @param tensor that the section belongs to
     * @param firstSet the section's first set in the statistics
     * @param bytes x, residual and dy of the section
     */
    ByteBuffer sumsOf(
            Session session,
            Phase phase,
            Geometry tensor,
            Section section,
            long firstSet,
            ByteBuffer[] bytes,
            SetStatistics statistics) {
        Geometry geometry = section.geometry(tensor);
        BackwardProblem own = problem.of(geometry, true);
        long blocks = phase == Phase.SUMS
                ? geometry.sets() * GradientCut.of(geometry).blocks()
                : GradientCut.acrossSamples(geometry).sets()
                        * GradientCut.ofColumns(geometry).blocks();
        HostValues sums = HostValues.of(real, SUMS * blocks);
        try (SectionBuffers device = new SectionBuffers(session)) {
            DeviceBuffer table = device.allocate(sums.bytes().remaining());
            enqueue(
                    session,
                    phase,
                    own,
                    new Given(device, tensor, section, firstSet, statistics)
                            .buffers(
                                    device.tensor(bytes[0]),
                                    device.tensor(bytes[1]),
                                    device.tensor(bytes[2]),
                                    null,
                                    table,
                                    null));
            device.download(table, sums.bytes());
        }
        return sums.bytes();
    }

    /** Replaces dy by dx. */
    void results(
            Session session,
            Phase phase,
            Geometry tensor,
            Section section,
            long firstSet,
            ByteBuffer[] bytes,
            SetStatistics statistics,
            Means means) {
        try (SectionBuffers device = new SectionBuffers(session)) {
            DeviceBuffer gradient = device.tensor(bytes[2]);
            DeviceBuffer[] taken = means == null
                    ? null
                    : new DeviceBuffer[] {
                        device.copy(HostValues.slice(means.g, section.group(), section.groups())),
                        device.copy(HostValues.slice(means.gOfXhat, section.group(), section.groups()))
                    };
            enqueue(
                    session,
                    phase,
                    problem.of(section.geometry(tensor), false),
                    new Given(device, tensor, section, firstSet, statistics)
                            .buffers(
                                    device.tensor(bytes[0]), device.tensor(bytes[1]), gradient, gradient, null, taken));
            device.download(gradient, bytes[2]);
        }
    }

    void enqueue(Session session, Phase phase, BackwardProblem own, BackwardBuffers buffers) {
        Engine.enqueue(
                session,
                own,
                phase,
                phase == Phase.ALL
                        ? session.planner().plan(own)
                        : session.planner().split(own),
                buffers,
                eps);
    }

    /** What a section takes besides its own elements. */
    private final class Given {
        private final SectionBuffers device;
        private final Geometry tensor;
        private final Section section;
        private final DeviceBuffer mean;
        private final DeviceBuffer meanLo;
        private final DeviceBuffer rstd;

        Given(SectionBuffers device, Geometry tensor, Section section, long firstSet, SetStatistics statistics) {
            this.device = device;
            this.tensor = tensor;
            this.section = section;
            boolean centered = problem.statistics() != Statistics.MEAN_SQUARE;
            HostValues spread = given() ? statistics.variance() : statistics.rstd();
            mean = centered ? device.copy(HostValues.slice(statistics.mean(), firstSet, section.sets())) : null;
            meanLo = centered && !given()
                    ? device.copy(HostValues.slice(statistics.meanLo(), firstSet, section.sets()))
                    : null;
            rstd = device.copy(HostValues.slice(spread, firstSet, section.sets()));
        }

        BackwardBuffers buffers(
                DeviceBuffer x,
                DeviceBuffer residual,
                DeviceBuffer dy,
                DeviceBuffer dx,
                DeviceBuffer sums,
                DeviceBuffer[] means) {
            return new BackwardBuffers(
                    x,
                    residual,
                    dy,
                    device.copy(affine.weight(tensor, section)),
                    device.copy(affine.bias(tensor, section)),
                    mean,
                    meanLo,
                    rstd,
                    dx,
                    null,
                    null,
                    sums,
                    means == null ? null : means[0],
                    means == null ? null : means[1]);
        }
    }
}
