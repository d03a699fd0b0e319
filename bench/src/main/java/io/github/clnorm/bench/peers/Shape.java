package io.github.clnorm.bench.peers;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.Layout;

/**
 * A workload as N, C, S and G, the arguments of most libraries. Rows of layer_norm are samples of one group, whose
 * channels
 * are the normalized elements.
 *
 * @param samples N
 * @param channels C
 * @param positions S, the elements of a channel of a sample
 * @param groups G; C for instance_norm and batch_norm, 1 for layer_norm
 * @param last whether the channels are the fastest dimension
 */
record Shape(int samples, int channels, int positions, int groups, boolean last) {

    static Shape of(Workload workload) {
        int samples = Math.toIntExact(workload.dimensions().get(0));
        int channels = Math.toIntExact(workload.dimensions().get(1));
        int positions = Math.toIntExact(workload.elements() / samples / channels);
        NormSpec.Kind operation = workload.operation();
        int groups = operation.takes(NormSpec.Argument.NUM_GROUPS)
                ? Math.toIntExact(workload.numGroups())
                : operation.takes(NormSpec.Argument.LAYOUT) ? channels : 1;
        return new Shape(samples, channels, positions, groups, workload.layout() == Layout.CHANNELS_LAST);
    }

    int elements() {
        return samples * channels * positions;
    }
}
