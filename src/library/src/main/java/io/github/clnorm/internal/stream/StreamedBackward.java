package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.BlockSlots;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.geometry.GradientCut.Order;
import io.github.clnorm.internal.geometry.Section;
import io.github.clnorm.internal.geometry.Sections;
import io.github.clnorm.internal.runtime.BackwardBuffers;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Phase;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A backward pass over tensors that need not fit the device, with the bits of one that does. Sums of blocks are collected on
 * the host, and merged as those of any tensor: means of sets for dx, and gradients of parameters over all samples.
 *
 * <p>Reading, computing and writing overlap, and devices work at the same time. Used by one thread.
 */
public final class StreamedBackward {

    private static final int SUMS = 2;

    private final StreamDevices devices;
    private final BackwardProblem problem;
    private final Geometry whole;
    private final GradientCut cut;
    private final Affine affine;
    private final double eps;
    private final long most;
    private final ElementType real;
    private final StreamedStatistics ofSets;
    private final SectionGradients ofSections;

    /**
     * A pass that is not started yet.
     *
     * @param devices that share the sections; with several, the target gets its sections in any order
     * @param problem the whole pass, not empty
     * @param affine gamma and beta
     * @param eps added to the variance
     * @param most elements of a section, at least {@link Cut#BLOCK}
     */
    public StreamedBackward(StreamDevices devices, BackwardProblem problem, Affine affine, double eps, long most) {
        this.devices = devices;
        this.problem = problem;
        this.whole = problem.geometry();
        this.cut = GradientCut.of(whole);
        this.affine = affine;
        this.eps = eps;
        this.most = most;
        this.real = problem.real();
        this.ofSets = new StreamedStatistics(devices, problem, eps, most);
        this.ofSections = new SectionGradients(problem, affine, eps);
    }

    /**
     * Runs the pass, and blocks until all results are written.
     *
     * @param tensors where they are
     * @param statistics of all sets; filled in if they are not known
     * @param known whether they are, as given ones must be
     * @param gradWeight filled with dγ, of the weight's type; null if it is not wanted
     * @param gradBias filled with dβ; null if it is not wanted
     * @throws IllegalArgumentException when the device cannot hold what must be in its memory at once
     */
    public void run(
            BackwardTensors tensors,
            SetStatistics statistics,
            boolean known,
            HostValues gradWeight,
            HostValues gradBias) {
        boolean each = cut.order() == Order.EACH;
        ParameterTable parameters = problem.parameters() ? new ParameterTable(problem) : null;
        BlockTable ofParameters = parameters != null && !each ? parameters.sums() : null;
        if (ofSample() <= most) {
            wholeSamples(tensors, statistics, known, ofParameters);
        } else {
            for (long sample = 0; sample < whole.samples(); sample++) {
                if (!known) {
                    ofSets.ofSample(sample, tensors.input(), tensors.residual(), statistics);
                }
                piecesOfSample(sample, tensors, statistics, ofParameters);
            }
        }
        if (parameters != null) {
            if (each) {
                new RowSums(devices, problem, affine, eps, most)
                        .add(0, whole.samples(), tensors, statistics, parameters);
            }
            devices.onOne(session -> {
                parameters.merge(session, gradWeight, gradBias);
                return null;
            });
        }
    }

    private long ofSample() {
        return whole.elements() / whole.samples();
    }

    private SectionLoop loop(Geometry tensor, long start, List<Section> sections, BackwardTensors tensors) {
        return new SectionLoop(devices, tensor, start, problem.type().bytes(), sections)
                .with(tensors.input(), null)
                .with(tensors.residual(), null);
    }

    /** Several samples at a time: their sums for the parameters, and dx in one pass. */
    private void wholeSamples(
            BackwardTensors tensors, SetStatistics statistics, boolean known, BlockTable ofParameters) {
        if (known && !problem.input() && ofParameters == null) {
            return;
        }
        loop(whole, 0, Sections.forResults(whole, most), tensors)
                .with(tensors.gradOutput(), tensors.gradInput())
                .counting(ofParameters != null)
                .run((session, section, bytes) -> {
                    if (!known) {
                        statisticsOf(session, section, bytes, statistics);
                    }
                    if (ofParameters != null) {
                        ofParameters.put(
                                ofSections.sumsOf(
                                        session,
                                        Phase.SUMS,
                                        whole,
                                        section,
                                        section.firstSet(whole),
                                        bytes,
                                        statistics),
                                section.firstSet(whole),
                                BlockSlots.ofGradients(whole, section));
                    }
                    if (problem.input()) {
                        ofSections.results(
                                session, Phase.ALL, whole, section, section.firstSet(whole), bytes, statistics, null);
                    }
                });
    }

    private void statisticsOf(Session session, Section section, ByteBuffer[] bytes, SetStatistics statistics) {
        try (SectionBuffers device = new SectionBuffers(session)) {
            ofSets.ofSamples(session, device, section.geometry(whole), device.tensor(bytes[0]), device.tensor(bytes[1]))
                    .download(device, statistics, section.firstSet(whole), section.sets());
        }
    }

    private void piecesOfSample(
            long number, BackwardTensors tensors, SetStatistics statistics, BlockTable ofParameters) {
        Geometry sample = whole.sample();
        long start = number * ofSample();
        long firstSet = number * whole.groups();
        BlockTable table = ofParameters;
        if (table == null && problem.setSums()) {
            table = new BlockTable(SUMS, sample.groups(), cut.blocks(), real);
        }
        BlockTable own = table;
        long firstOfTable = ofParameters == null ? 0 : firstSet;
        if (problem.setSums()) {
            Geometry set = sample.section(1, sample.rows(), 1, sample.width(), sample.run());
            devices.onOne(session -> {
                SetGroups.check(session, problem.of(set, false), own.bytes(1));
                return null;
            });
        }
        if (own != null) {
            loop(sample, start, Sections.forGradients(sample, most), tensors)
                    .with(tensors.gradOutput(), null)
                    .counting(!problem.input() && ofParameters != null)
                    .run((session, section, bytes) -> own.put(
                            ofSections.sumsOf(
                                    session,
                                    Phase.SUMS,
                                    sample,
                                    section,
                                    firstSet + section.firstSet(sample),
                                    bytes,
                                    statistics),
                            firstOfTable + section.firstSet(sample),
                            BlockSlots.ofGradients(sample, section)));
        }
        if (problem.input()) {
            SectionGradients.Means means =
                    problem.setSums() ? devices.onOne(session -> mergeMeans(session, sample, own, firstOfTable)) : null;
            loop(sample, start, Sections.forResults(sample, most), tensors)
                    .with(tensors.gradOutput(), tensors.gradInput())
                    .run((session, section, bytes) -> ofSections.results(
                            session,
                            Phase.RESULTS,
                            sample,
                            section,
                            firstSet + section.firstSet(sample),
                            bytes,
                            statistics,
                            means));
        }
    }

    /** Merges the sums of a sample's sets, as many at a time as the device has memory for. */
    private SectionGradients.Means mergeMeans(Session session, Geometry sample, BlockTable table, long firstOfTable) {
        SectionGradients.Means means =
                new SectionGradients.Means(HostValues.of(real, sample.groups()), HostValues.of(real, sample.groups()));
        long atOnce = SetGroups.atOnce(session, table.bytes(1), sample.groups());
        for (long group = 0; group < sample.groups(); group += atOnce) {
            long count = Math.min(atOnce, sample.groups() - group);
            Section sets = new Section(0, 1, 0, sample.rows(), group, count, 0, sample.width());
            try (SectionBuffers device = new SectionBuffers(session)) {
                DeviceBuffer g = device.allocate(count * real.bytes());
                DeviceBuffer gOfXhat = device.allocate(count * real.bytes());
                // With parameters of every element, the sums of blocks have gamma already.
                ByteBuffer weight = cut.order() == Order.EACH ? null : affine.weight(sample, sets);
                DeviceBuffer ofWeight = device.copy(weight);
                DeviceBuffer sums = device.copy(table.get(1, 0, firstOfTable + group, count));
                ofSections.enqueue(
                        session,
                        Phase.MERGE,
                        problem.of(sets.geometry(sample), false),
                        BackwardBuffers.ofMeans(sums, ofWeight, g, gOfXhat));
                device.download(g, HostValues.slice(means.g(), group, count));
                device.download(gOfXhat, HostValues.slice(means.gOfXhat(), group, count));
            }
        }
        return means;
    }
}
