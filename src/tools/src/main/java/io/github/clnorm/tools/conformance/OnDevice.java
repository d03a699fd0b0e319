package io.github.clnorm.tools.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelState;
import io.github.clnorm.Functional;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.Gradients;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Saved;
import io.github.clnorm.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Runs calls on a device. */
final class OnDevice implements AutoCloseable {

    private final Backend backend;
    private final Call call;
    private final List<AutoCloseable> open = new ArrayList<>();
    private Tensor input;
    private Tensor weight;
    private Tensor bias;
    private Tensor runningMean;
    private Tensor runningVar;
    private Tensor residual;
    private Tensor scale;
    private Tensor shift;
    private Tensor sum;

    private OnDevice(Backend backend, Call call) {
        this.backend = backend;
        this.call = call;
    }

    static CallResult run(Backend backend, Call call) {
        try (OnDevice device = new OnDevice(backend, call)) {
            return device.run();
        }
    }

    /** The gradients, from the statistics that the forward pass saves. */
    static CallResult gradients(Backend backend, Call call) {
        try (OnDevice device = new OnDevice(backend, call)) {
            return device.gradients();
        }
    }

    /** Copies the tensors that are present to the device. If one fails, those before it are closed. */
    private void upload() {
        input = tensor(call.input);
        weight = tensor(call.weight);
        bias = tensor(call.bias);
        runningMean = tensor(call.runningMean);
        runningVar = tensor(call.runningVar);
        residual = tensor(call.residual);
        scale = tensor(call.scale);
        shift = tensor(call.shift);
        sum = call.sum ? keep(backend.empty(call.input.type(), call.input.shape())) : null;
    }

    private CallResult run() {
        upload();
        Normalized normalized = forward();
        CallResult result = new CallResult();
        put(result, "output", normalized.output());
        put(result, "mean", normalized.mean());
        put(result, "rstd", normalized.rstd());
        put(result, "running_mean", runningMean);
        put(result, "running_var", runningVar);
        put(result, "sum", sum);
        return result;
    }

    private Normalized forward() {
        return keep(Functional.forward(
                call.spec(),
                input,
                state(),
                Options.DEFAULTS.residual(residual).sum(sum).scaleShift(scale, shift)));
    }

    private ChannelState state() {
        return new ChannelState(weight, bias, runningMean, runningVar);
    }

    private CallResult gradients() {
        upload();
        // In evaluation the forward pass saves nothing, and nothing of it is needed.
        Saved saved = call.ownStatistics ? forward().saved() : null;
        Tensor dy = tensor(call.gradOutput);
        return result(keep(Functional.backward(
                call.spec(),
                dy,
                input,
                state(),
                saved,
                GradientOptions.DEFAULTS.residual(residual).scaleShift(scale, shift))));
    }

    /** The results by role, for all that are present. */
    static CallResult result(Gradients gradients) {
        CallResult result = new CallResult();
        put(result, "grad_input", gradients.input());
        put(result, "grad_weight", gradients.weight());
        put(result, "grad_bias", gradients.bias());
        put(result, "grad_scale", gradients.scale());
        put(result, "grad_shift", gradients.shift());
        return result;
    }

    private static void put(CallResult result, String role, Tensor tensor) {
        if (tensor != null) {
            result.put(role, tensor.toDoubles());
        }
    }

    private Tensor tensor(HostTensor values) {
        return values == null ? null : keep(values.on(backend));
    }

    private <T extends AutoCloseable> T keep(T resource) {
        open.add(resource);
        return resource;
    }

    @Override
    public void close() {
        for (AutoCloseable resource : open) {
            if (resource instanceof Tensor tensor) {
                tensor.close();
            } else if (resource instanceof Normalized normalized) {
                normalized.close();
            } else if (resource instanceof Gradients gradients) {
                gradients.close();
            }
        }
    }
}
