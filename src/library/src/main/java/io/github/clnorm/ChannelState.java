package io.github.clnorm;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The tensors that a normalization keeps: its parameters, and the running statistics of its channels. Immutable and
 * thread-safe, as its tensors are.
 *
 * @param weight gamma, of any type, or null for 1
 * @param bias beta, of the weight's type, or null for 0
 * @param runningMean running means of the channels, of shape {@code (C)}, float32 (float64 for float64 inputs), or null
 * @param runningVar running variances of the channels, of the same shape and type, or null
 */
public record ChannelState(Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVar) {

    /** Weight 1, bias 0, and no running statistics. */
    public static final ChannelState NONE = new ChannelState(null, null, null, null);

    /**
     * Parameters without running statistics.
     *
     * @param weight gamma, or null for 1
     * @param bias beta, or null for 0
     * @return the state
     */
    public static ChannelState of(Tensor weight, Tensor bias) {
        return new ChannelState(weight, bias, null, null);
    }

    /** The tensors that are not null, by PyTorch's names and in its order. */
    Map<String, Tensor> byName() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("weight", weight);
        tensors.put("bias", bias);
        tensors.put("running_mean", runningMean);
        tensors.put("running_var", runningVar);
        tensors.values().removeIf(Objects::isNull);
        return Collections.unmodifiableMap(tensors);
    }
}
