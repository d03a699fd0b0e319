package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;
import java.util.List;

/**
 * The parameters of a spec on each device of a fleet, made when a device first needs them, and kept for later passes of the
 * same spec. The devices' threads use it, each device's one at a time.
 */
final class FleetParameters {

    private final NormSpec spec;
    private final ElementType type;
    private final long[] shape;
    private final boolean byRunningStatistics;
    private final List<Backend> backends;
    private final LayerTensors[] tensors;
    private final ChannelState[] states;

    FleetParameters(FleetRequest request, List<Backend> backends) {
        this.spec = request.spec;
        this.type = request.type.accumulator();
        this.shape = request.parameterShape();
        this.byRunningStatistics = request.isByRunningStatistics();
        this.backends = backends;
        this.tensors = new LayerTensors[backends.size()];
        this.states = new ChannelState[backends.size()];
    }

    boolean areOf(FleetRequest request) {
        return type == request.type.accumulator()
                && Arrays.equals(shape, request.parameterShape())
                && spec.equals(request.spec);
    }

    List<Backend> backends() {
        return backends;
    }

    /** Those of a device. */
    ChannelState on(int device) {
        if (states[device] == null) {
            LayerTensors own = new LayerTensors(backends.get(device));
            states[device] = state(own);
            tensors[device] = own;
        }
        return states[device];
    }

    private ChannelState state(LayerTensors own) {
        NormSpec.Common common = spec.common();
        Tensor weight = parameter(own, common.hasWeight(), 1, common.weight());
        Tensor bias = parameter(own, common.hasBias(), 0, common.bias());
        if (byRunningStatistics && spec instanceof ChannelStatisticsSpec<?> running) {
            return new ChannelState(
                    weight,
                    bias,
                    own.own(type, 0, running.tracking().mean(), shape),
                    own.own(type, 1, running.tracking().variance(), shape));
        }
        return ChannelState.of(weight, bias);
    }

    /** A parameter as the layer has it; a spec for any number of channels has only those that are given. */
    private Tensor parameter(LayerTensors own, boolean wanted, float initial, float... values) {
        return wanted && (values != null || spec.parameters() != NormSpec.ANY)
                ? own.own(type, initial, values, shape)
                : null;
    }

    /** Frees them. A device that fails at this has nothing that a later pass needs. */
    void close() {
        for (LayerTensors own : tensors) {
            if (own != null) {
                try {
                    own.close();
                } catch (ClException e) {
                    // The next call that uses the device reports it.
                    continue;
                }
            }
        }
    }
}
