package io.github.clnorm.internal.fleet;

import java.util.List;

/** Adds what the shards of a tensor contribute to one value for each parameter. Thread-safe. */
@FunctionalInterface
public interface ParameterSums {

    /** Adds in float64, in the order of the devices. */
    ParameterSums IN_ORDER = shards -> {
        double[] sum = new double[shards.get(0).length];
        for (double[] shard : shards) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += shard[i];
            }
        }
        return sum;
    };

    /**
     * The sums.
     *
     * @param shards the contributions of each device, in the devices' order; one or more, all of one length. Not modified
     * @return a new array
     */
    double[] sum(List<double[]> shards);
}
