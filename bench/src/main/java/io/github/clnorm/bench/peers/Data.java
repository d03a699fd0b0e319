package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Additions;
import io.github.clnorm.tools.measure.Workload;
import java.util.SplittableRandom;

/**
 * The tensors of a workload, the same ones in every process: values of the workload's type.
 *
 * @param x the input, in the workload's layout; its mean is not 0, like that of activations
 * @param dy the gradient with respect to y, in the same layout
 * @param gamma the weight; null if there is none
 * @param beta the bias; null if there is none
 * @param residual what is added to x, in the same layout; null if there is none
 * @param scale of each sample; null if there is none
 * @param shift of each sample; null if there is none
 */
record Data(float[] x, float[] dy, float[] gamma, float[] beta, float[] residual, float[] scale, float[] shift) {

    /** The standard deviation of x. */
    private static final double DEVIATION = 1 / Math.sqrt(3);

    static Data of(Workload workload, boolean chained) {
        int elements = Math.toIntExact(workload.elements());
        int parameters = Math.toIntExact(workload.parameterShape()[0]);
        int seed = workload.toString().hashCode();
        Additions additions = workload.additions();
        int ofSamples = Math.toIntExact(workload.dimensions().get(0) * parameters);
        // In a chain, dx is multiplied by gamma / deviation in each call. Near 1, it neither overflows nor becomes
        // subnormal, which would be slow.
        double weight = (chained ? DEVIATION : 1) - additions.weightOffset();
        double distance = chained ? 0.1 * DEVIATION : 1;
        return new Data(
                around(0.5, 1, seed, elements, workload),
                around(0, 1, seed + 1, elements, workload),
                additions.hasWeight() ? around(weight, distance, seed + 2, parameters, workload) : null,
                additions.hasBias() ? around(0, 1, seed + 3, parameters, workload) : null,
                additions.residual() ? around(0, 1, seed + 4, elements, workload) : null,
                additions.scaleShift() ? around(0, 1, seed + 5, ofSamples, workload) : null,
                additions.scaleShift() ? around(0, 1, seed + 6, ofSamples, workload) : null);
    }

    /** Uniform values in an interval: a normal distribution would take seconds for the large tensors. */
    private static float[] around(double mean, double distance, int seed, int count, Workload workload) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (mean - distance + 2 * distance * random.nextDouble());
        }
        return StoredElements.rounded(values, workload.type());
    }
}
