package io.github.clnorm.tools.normalize;

import io.github.clnorm.NormSpec;
import io.github.clnorm.reference.Reference;

/** Parameters, running statistics, scale and shift, as the device gets them; null for each that is not given. */
record ParameterValues(
        double[] weight, double[] bias, double[] runningMean, double[] runningVar, double[] scale, double[] shift) {

    /** The running statistics as moments. */
    Reference.Moments running() {
        return new Reference.Moments(runningMean, new double[runningMean.length], runningVar);
    }

    /** A spec with these weights and biases, which are float32 there. */
    NormSpec affine(NormSpec spec) {
        NormSpec with = weight == null ? spec : spec.weight(floats(weight));
        return bias == null ? with : with.bias(floats(bias));
    }

    /** A spec that normalizes by these running statistics, which are float32 there. */
    NormSpec runningStatistics(NormSpec spec) {
        return spec.runningStatistics(floats(runningMean), floats(runningVar));
    }

    private static float[] floats(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
