package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Workload;
import java.util.SplittableRandom;

/**
 * The tensors of a workload, the same ones in every process.
 *
 * @param x the input, in the workload's layout; its mean is not 0, like that of activations
 * @param dy the gradient with respect to y, in the same layout
 * @param gamma the weight
 * @param beta the bias
 */
record Data(float[] x, float[] dy, float[] gamma, float[] beta) {

    static Data of(Workload workload) {
        int elements = Math.toIntExact(workload.elements());
        int parameters = Math.toIntExact(workload.parameterShape()[0]);
        int seed = workload.toString().hashCode();
        return new Data(
                around(0.5, seed, elements),
                around(0, seed + 1, elements),
                around(1, seed + 2, parameters),
                around(0, seed + 3, parameters));
    }

    /** Uniform values in an interval of length 2: a normal distribution would take seconds for the large tensors. */
    private static float[] around(double mean, int seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (mean - 1 + 2 * random.nextDouble());
        }
        return values;
    }
}
