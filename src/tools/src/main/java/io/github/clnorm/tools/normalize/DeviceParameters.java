package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelState;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;

/** Parameters and running statistics on a device, in the accumulator type; null for each that a pass does not need. */
record DeviceParameters(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVar) {

    /**
     * Copies parameters to a device. Running statistics that are updated start with PyTorch's defaults if none are
     * given.
     */
    static DeviceParameters of(Request request, Backend backend, ParameterValues values, boolean update) {
        double[] mean = values.runningMean();
        double[] var = values.runningVar();
        if (update) {
            mean = mean != null ? mean : request.parameters.repeated(0);
            var = var != null ? var : request.parameters.repeated(1);
        }
        boolean needed = update || request.isEval();
        ElementType real = request.type.accumulator();
        long[] shape = request.parameters.shape();
        return new DeviceParameters(
                upload(backend, real, values.weight(), shape),
                upload(backend, real, values.bias(), shape),
                needed ? upload(backend, real, mean, shape) : null,
                needed ? upload(backend, real, var, shape) : null);
    }

    private static Tensor upload(Backend backend, ElementType type, double[] values, long... shape) {
        return values == null ? null : backend.tensor(type, values, shape);
    }

    ChannelState state() {
        return new ChannelState(weight, bias, runningMean, runningVar);
    }
}
