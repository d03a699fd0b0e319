package io.github.clnorm.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.Functional;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Runs calls on a device. */
final class OnDevice implements AutoCloseable {

    private final Backend backend;
    private final List<AutoCloseable> open = new ArrayList<>();

    private OnDevice(Backend backend) {
        this.backend = backend;
    }

    static Result run(Backend backend, Call call) {
        try (OnDevice device = new OnDevice(backend)) {
            return device.run(call);
        }
    }

    private Result run(Call call) {
        Tensor input = tensor(call.input);
        Tensor weight = tensor(call.weight);
        Tensor bias = tensor(call.bias);
        Tensor runningMean = tensor(call.runningMean);
        Tensor runningVar = tensor(call.runningVar);
        Tensor sum = call.sum ? keep(backend.empty(call.input.type(), call.input.shape())) : null;
        Options options = Options.DEFAULTS
                .layout(call.layout)
                .activation(call.activation)
                .residual(tensor(call.residual))
                .sum(sum);
        Normalized normalized = keep(switch (call.operation) {
            case GROUP_NORM -> Functional.groupNorm(input, call.numGroups, weight, bias, call.eps, options);
            case LAYER_NORM -> Functional.layerNorm(input, call.normalizedShape, weight, bias, call.eps, options);
            case RMS_NORM -> Functional.rmsNorm(input, call.normalizedShape, weight, bias, call.eps, options);
            case INSTANCE_NORM -> Functional.instanceNorm(
                    input, runningMean, runningVar, weight, bias, call.ownStatistics, call.momentum, call.eps, options);
            case BATCH_NORM -> Functional.batchNorm(
                    input, runningMean, runningVar, weight, bias, call.ownStatistics, call.momentum, call.eps, options);
        });
        Result result = new Result();
        put(result, "output", normalized.output());
        put(result, "mean", normalized.mean());
        put(result, "rstd", normalized.rstd());
        put(result, "running_mean", runningMean);
        put(result, "running_var", runningVar);
        put(result, "sum", sum);
        return result;
    }

    private static void put(Result result, String role, Tensor tensor) {
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
            }
        }
    }
}
