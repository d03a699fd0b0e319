package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.stream.Affine;
import io.github.clnorm.internal.stream.BackwardTensors;
import io.github.clnorm.internal.stream.ForwardTensors;
import io.github.clnorm.internal.stream.HostValues;
import io.github.clnorm.internal.stream.SetStatistics;
import io.github.clnorm.internal.stream.StreamDevices;
import io.github.clnorm.internal.stream.StreamedBackward;
import io.github.clnorm.internal.stream.StreamedForward;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A pass over samples that depend on each other, or that no device can hold: sections go through the devices twice, and the
 * moments of their blocks are merged between. Used by one thread.
 */
final class FleetSections {

    private static final long MOST_BYTES = 16 << 20;
    private static final int SECTIONS_OF_SHARE = 4;

    private final FleetRequest request;
    private final RequestValues values;
    private final List<Backend> backends = new ArrayList<>();
    private final List<Integer> indices = new ArrayList<>();
    private final StreamDevices devices;
    private final double smallestWeight;

    /** A pass on the devices that have a weight. */
    FleetSections(FleetRequest request, List<Backend> all, double... weights) {
        this.request = request;
        this.values = new RequestValues(request);
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                backends.add(all.get(i));
                indices.add(i);
            }
        }
        this.smallestWeight =
                Arrays.stream(weights).filter(weight -> weight > 0).min().orElse(1);
        this.devices = new StreamDevices(
                backends.stream().map(Backend::session).toList(),
                Arrays.stream(weights).filter(weight -> weight > 0).toArray());
    }

    /** Whether one device takes all sections, in order. */
    boolean areOfOneDevice() {
        return backends.size() == 1;
    }

    /**
     * Normalizes. Tensors are used in any order, by several threads.
     *
     * @return the running statistics after the pass; null if it changes none
     */
    TrackedStatistics normalize(ForwardTensors tensors) {
        SetStatistics statistics = values.statistics();
        new StreamedForward(devices, request.problem(), values.affine(), eps(), sectionElements())
                .run(tensors, statistics);
        return values.tracked(devices, statistics);
    }

    private double eps() {
        return Reals.of(request.type, "eps", request.spec.eps(request.type));
    }

    /**
     * The gradients of all samples. Tensors are used in any order, by several threads.
     *
     * @param ofWeight whether dγ is wanted, if there is a weight
     * @param ofBias whether dβ is wanted, if there is a bias
     * @return dγ and dβ; null for one that is not wanted
     */
    HostValues[] gradients(BackwardTensors tensors, boolean ofWeight, boolean ofBias) {
        ForwardProblem forward = request.problem();
        Affine affine = values.affine();
        BackwardProblem problem = new BackwardProblem(
                forward.geometry(),
                forward.statistics(),
                forward.type(),
                forward.parameterType(),
                forward.activation(),
                forward.residual(),
                tensors.gradInput() != null,
                ofWeight && affine.weight() != null,
                ofBias && affine.bias() != null);
        long parameters = forward.geometry().parameters();
        HostValues weight = problem.weight() ? HostValues.of(problem.real(), parameters) : null;
        HostValues bias = problem.bias() ? HostValues.of(problem.real(), parameters) : null;
        new StreamedBackward(devices, problem, affine, eps(), sectionElements())
                .run(tensors, values.statistics(), request.isByRunningStatistics(), weight, bias);
        return new HostValues[] {weight, bias};
    }

    /** Small enough for every device, and for the smallest share to have several sections. */
    private long sectionElements() {
        long most = backends.stream()
                .mapToLong(backend -> Math.min(MOST_BYTES, FleetRequest.mostBytes(backend.device())))
                .min()
                .orElseThrow();
        long fair = (long) (request.elements() * smallestWeight / SECTIONS_OF_SHARE);
        return Math.max(Cut.BLOCK, Math.min(most / request.type.bytes(), fair));
    }

    /** The failure of each device of the fleet, or null. */
    ClException[] failures(int fleet) {
        ClException[] failures = new ClException[fleet];
        for (int i = 0; i < indices.size(); i++) {
            failures[indices.get(i)] = devices.failures().get(i);
        }
        return failures;
    }

    /** The elements of the result that each device of the fleet computed. */
    long[] elements(int fleet) {
        long[] elements = new long[fleet];
        for (int i = 0; i < indices.size(); i++) {
            Session session = backends.get(i).session();
            elements[indices.get(i)] = devices.elements(session);
        }
        return elements;
    }
}
