package io.github.clnorm.spark;

import io.github.clnorm.Backend;
import io.github.clnorm.Gradients;
import io.github.clnorm.Recorded;
import io.github.clnorm.StatisticsExchange;
import io.github.clnorm.SyncBatchNorm;
import io.github.clnorm.Tensor;
import java.util.Arrays;
import java.util.Random;

/** Steps of training with synchronized batch_norm on some samples of a batch. */
final class SyncStep {

    static final int SAMPLES = 10;
    static final int CHANNELS = 3;
    private static final int POSITIONS = 35;
    private static final int OF_SAMPLE = CHANNELS * POSITIONS;
    private static final int STEPS = 2;

    private SyncStep() {}

    /** The results of samples `from` .. `to` - 1, of those of all. */
    static float[][] part(float[][] all, int from, int to) {
        float[][] part = all.clone();
        part[0] = Arrays.copyOfRange(all[0], from * OF_SAMPLE, to * OF_SAMPLE);
        part[1] = Arrays.copyOfRange(all[1], from * OF_SAMPLE, to * OF_SAMPLE);
        return part;
    }

    private static float[] values(int seed, int from, int to) {
        Random random = new Random(seed);
        float[] all = new float[SAMPLES * OF_SAMPLE];
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) (3 + 2 * random.nextGaussian());
        }
        return Arrays.copyOfRange(all, from * OF_SAMPLE, to * OF_SAMPLE);
    }

    /**
     * The steps of samples `from` .. `to` - 1.
     *
     * @return y and dx of the samples, gradients of weight and bias, running mean and variance
     */
    static float[][] of(Backend backend, StatisticsExchange exchange, int from, int to) {
        long[] shape = {to - from, CHANNELS, POSITIONS};
        float[][] result = null;
        try (SyncBatchNorm layer = SyncBatchNorm.builder(backend, CHANNELS, exchange)
                .wholeBatchGradients(true)
                .build()) {
            layer.weight().set(new float[] {0.5f, 1, 2});
            for (int step = 0; step < STEPS; step++) {
                try (Tensor x = backend.tensor(values(step, from, to), shape);
                        Tensor dy = backend.tensor(values(10 + step, from, to), shape);
                        Recorded pass = layer.record(x);
                        Gradients gradients = pass.backward(dy)) {
                    result = new float[][] {
                        pass.output().toFloats(),
                        gradients.input().toFloats(),
                        gradients.weight().toFloats(),
                        gradients.bias().toFloats(),
                        layer.runningMean().toFloats(),
                        layer.runningVar().toFloats()
                    };
                }
            }
        }
        return result;
    }
}
