package io.github.clnorm.bench.peers;

import io.github.clnorm.measure.Direction;
import io.github.clnorm.measure.Workload;
import io.github.clnorm.reference.Reference;

/** What is right for a workload, in float64; computed once for all peers. */
final class Check {

    /** A peer with a larger error is wrong. */
    static final double TOLERANCE = 1e-4;

    private final double[] tensor;
    private final double[] weight;
    private final double[] bias;

    Check(Workload workload, Data data, Direction direction) {
        Reference reference = reference(workload).affine(doubles(data.gamma()), doubles(data.beta())).eps(Workload.EPS);
        if (direction == Direction.FORWARD) {
            tensor = reference.normalize(i -> data.x()[i]);
            weight = null;
            bias = null;
        } else {
            Reference.Gradients gradients = reference.gradients(i -> data.x()[i], i -> data.dy()[i]);
            tensor = gradients.input();
            weight = gradients.weight();
            bias = gradients.bias();
        }
    }

    private static Reference reference(Workload workload) {
        long[] shape = workload.shape();
        return switch (workload.operation()) {
            case GROUP_NORM -> Reference.groupNorm(shape, workload.layout(), workload.numGroups());
            case LAYER_NORM -> Reference.layerNorm(shape, workload.parameterShape());
            case INSTANCE_NORM -> Reference.instanceNorm(shape, workload.layout());
            case BATCH_NORM -> Reference.batchNorm(shape, workload.layout());
            case RMS_NORM -> Reference.rmsNorm(shape, workload.parameterShape());
        };
    }

    private static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    /** Whether an error passes; NaN does not. */
    static boolean passes(double error) {
        return error <= TOLERANCE;
    }

    /**
     * The largest error: of y and dx as |y - ref| / (1 + |ref|), of dγ and dβ, which are sums that cancel, next to their
     * largest element. NaN where a result is, infinite where its size is wrong.
     */
    double error(Results results) {
        double worst = ofTensor(results.tensor());
        if (weight != null) {
            worst = Math.max(worst, ofSums(weight, results.weight()));
            worst = Math.max(worst, ofSums(bias, results.bias()));
        }
        return worst;
    }

    private double ofTensor(float[] actual) {
        if (actual.length != tensor.length) {
            return Double.POSITIVE_INFINITY;
        }
        double worst = 0;
        for (int i = 0; i < actual.length; i++) {
            worst = Math.max(worst, Math.abs(actual[i] - tensor[i]) / (1 + Math.abs(tensor[i])));
        }
        return worst;
    }

    private static double ofSums(double[] expected, float[] actual) {
        if (actual.length != expected.length) {
            return Double.POSITIVE_INFINITY;
        }
        double largest = Double.MIN_NORMAL;
        double worst = 0;
        for (int i = 0; i < actual.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
        }
        return worst / largest;
    }
}
