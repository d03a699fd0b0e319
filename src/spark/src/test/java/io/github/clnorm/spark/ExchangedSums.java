package io.github.clnorm.spark;

import io.github.clnorm.ChannelGradients;
import io.github.clnorm.ChannelMoments;
import io.github.clnorm.Functional;
import io.github.clnorm.Tensor;
import java.util.Random;

/** Exact sums to exchange. */
final class ExchangedSums {

    private ExchangedSums() {}

    static ChannelMoments moments(int seed) {
        return moments(seed, 3);
    }

    static ChannelMoments moments(int seed, int channels) {
        float[] values = new float[4 * channels];
        Random random = new Random(seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        try (Tensor x = ExecutorBackends.ofTask().tensor(values, 2, channels, 2)) {
            return Functional.channelMoments(x);
        }
    }

    static ChannelGradients gradients(int channels) {
        return ChannelGradients.none(channels);
    }
}
