package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.BlockSlots;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.geometry.Sections;
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
 * The statistics of the sets of a tensor that need not fit the device. The moments of blocks are collected on the host, in the
 * order of the whole tensor's blocks, and merged as those of any set. Used by one thread.
 */
final class StreamedStatistics {

    private static final int MOMENTS = 4;

    private final StreamDevices devices;
    private final Problem problem;
    private final Geometry whole;
    private final double eps;
    private final long most;
    private final ElementType real;

    /**
     * For the sets of a pass with statistics of its own.
     *
     * @param devices that share the sections
     * @param problem the pass
     * @param eps added to the variance
     * @param most elements of a section
     */
    StreamedStatistics(StreamDevices devices, Problem problem, double eps, long most) {
        this.devices = devices;
        this.problem = problem;
        this.whole = problem.geometry();
        this.eps = eps;
        this.most = most;
        this.real = problem.real();
    }

    private ForwardProblem of(Geometry geometry) {
        return new ForwardProblem(
                geometry, problem.statistics(), problem.type(), real, Activation.NONE, problem.residual(), false);
    }

    private boolean centered() {
        return problem.statistics() != Statistics.MEAN_SQUARE;
    }

    /** Memory for the statistics of some sets. */
    SetValues empty(SectionBuffers device, long sets) {
        return SetValues.empty(device, real, sets, centered());
    }

    /**
     * Those of a sample that is larger than a section.
     *
     * @param number of the sample
     * @param input x
     * @param residual added to x, or null
     * @param statistics of all sets; those of the sample are filled in
     */
    void ofSample(long number, TensorSource input, TensorSource residual, SetStatistics statistics) {
        Geometry sample = whole.sample();
        Geometry sums = sample.momentsAcrossRows() ? sample : sample.joined();
        BlockTable table = new BlockTable(MOMENTS, sample.groups(), Cut.of(sums).blocks(), real);
        devices.onOne(session -> {
            SetGroups.check(session, of(whole.section(1, whole.rows(), 1, whole.width(), whole.run())), table.bytes(1));
            return null;
        });
        new SectionLoop(
                        devices,
                        sums,
                        number * sample.elements(),
                        problem.type().bytes(),
                        Sections.forMoments(sums, most))
                .with(input, null)
                .with(residual, null)
                .run((session, section, bytes) -> table.put(
                        ofBlocks(session, section.geometry(sums), bytes[0], bytes[1]),
                        section.firstSet(sums),
                        BlockSlots.ofMoments(sums, section)));
        devices.onOne(session -> {
            merge(session, table, number * sample.groups(), statistics);
            return null;
        });
    }

    /** Those of whole samples on a device. */
    SetValues ofSamples(
            Session session, SectionBuffers device, Geometry samples, DeviceBuffer x, DeviceBuffer residual) {
        DeviceBuffer moments = moments(session, device, samples, x, residual);
        SetValues values = empty(device, samples.sets());
        merge(session, samples, moments, values);
        return values;
    }

    private ByteBuffer ofBlocks(Session session, Geometry section, ByteBuffer x, ByteBuffer residual) {
        try (SectionBuffers device = new SectionBuffers(session)) {
            DeviceBuffer moments = moments(session, device, section, device.tensor(x), device.tensor(residual));
            ByteBuffer host =
                    HostValues.of(real, moments.bytes() / real.bytes()).bytes();
            device.download(moments, host);
            return host;
        }
    }

    private DeviceBuffer moments(
            Session session, SectionBuffers device, Geometry section, DeviceBuffer x, DeviceBuffer residual) {
        DeviceBuffer moments =
                device.allocate(MOMENTS * section.sets() * Cut.of(section).blocks() * real.bytes());
        enqueue(session, section, Phase.SUMS, ForwardBuffers.ofMoments(x, residual, moments));
        return moments;
    }

    private void merge(Session session, Geometry sets, DeviceBuffer moments, SetValues values) {
        enqueue(
                session,
                sets,
                Phase.MERGE,
                ForwardBuffers.ofStatistics(moments, values.mean(), values.meanLo(), values.variance(), values.rstd()));
    }

    private void enqueue(Session session, Geometry geometry, Phase phase, ForwardBuffers buffers) {
        ForwardProblem own = of(geometry);
        Engine.enqueue(session, own, phase, session.planner().split(own), buffers, eps);
    }

    /** Merges the blocks of all sets of a sample, as many sets at a time as the device has memory for. */
    private void merge(Session session, BlockTable table, long firstSet, SetStatistics statistics) {
        long groups = whole.groups();
        long atOnce = SetGroups.atOnce(session, table.bytes(1), groups);
        for (long group = 0; group < groups; group += atOnce) {
            long count = Math.min(atOnce, groups - group);
            try (SectionBuffers device = new SectionBuffers(session)) {
                SetValues values = empty(device, count);
                merge(
                        session,
                        whole.section(1, whole.rows(), count, whole.width(), whole.run()),
                        device.copy(table.get(1, groups, group, count)),
                        values);
                values.download(device, statistics, firstSet + group, count);
            }
        }
    }
}
