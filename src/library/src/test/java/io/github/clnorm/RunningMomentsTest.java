package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.TestDevices;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Running statistics of a spec from moments, as PyTorch defines them. */
class RunningMomentsTest {

    /** Two channels, with the elements 1, 2, 3, 4 and 0, 0, 10, 10. */
    private static final ChannelMoments MOMENTS =
            ChannelMoments.of(2, 4, new double[] {2.5, 5}, new double[2], new double[] {1.25, 25});

    private static ChannelMoments one(long count, double mean, double variance) {
        return ChannelMoments.of(1, count, new double[] {mean}, new double[1], new double[] {variance});
    }

    private static String refused(BatchNormSpec spec, ChannelMoments moments) {
        String ofUpdate = assertThrows(IllegalArgumentException.class, () -> spec.updated(moments))
                .getMessage();
        assertEquals(
                ofUpdate,
                assertThrows(IllegalArgumentException.class, () -> spec.runningStatistics(moments))
                        .getMessage());
        return ofUpdate;
    }

    @Test
    void statisticsOfADataSetReplaceTheOldOnesWithTheUnbiasedVariance() {
        BatchNormSpec expected = NormSpec.batchNorm(2)
                .momentum(0.25)
                .runningMean(new float[] {2.5f, 5})
                .runningVar(new float[] {(float) (5 / 3.0), (float) (100 / 3.0)});
        BatchNormSpec fresh = NormSpec.batchNorm(2).momentum(0.25);
        assertEquals(expected, fresh.runningStatistics(MOMENTS));
        float[] nan = {Float.NaN, Float.NaN};
        assertEquals(expected, fresh.runningStatistics(nan, nan).runningStatistics(MOMENTS));
        assertEquals(expected.momentum(1), fresh.momentum(1).updated(MOMENTS));
        assertEquals(
                expected.trackRunningStats(true).training(false),
                fresh.trackRunningStats(false).runningStatistics(MOMENTS).training(false));
    }

    @Test
    void aStepMixesOldAndNewByTheMomentum() {
        // 0.75 · old + 0.25 · new
        BatchNormSpec old = NormSpec.batchNorm(2)
                .momentum(0.25)
                .runningMean(new float[] {8, -4})
                .runningVar(new float[] {2, 0.5f});
        assertEquals(
                old.runningMean(new float[] {6.625f, -1.75f})
                        .runningVar(new float[] {(float) (1.5 + 5 / 12.0), (float) (0.375 + 25 / 3.0)}),
                old.updated(MOMENTS));
        // The initial values are 0 and 1.
        BatchNormSpec fresh = NormSpec.batchNorm(2);
        assertEquals(
                fresh.runningMean(new float[] {0.25f, 0.5f})
                        .runningVar(new float[] {(float) (0.9 + 0.5 / 3), (float) (0.9 + 10 / 3.0)}),
                fresh.updated(MOMENTS));
    }

    @Test
    @Tag("device")
    void aStepEqualsThatOfALayer() {
        Backend backend = TestDevices.first();
        BatchNormSpec spec = NormSpec.batchNorm(3)
                .momentum(0.3)
                .runningMean(new float[] {1, 2, 3})
                .runningVar(new float[] {0.5f, 1, 2});
        float[] values = new float[5 * 3 * 7];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 37 % 101) / 10f - 3;
        }
        try (Tensor x = backend.tensor(values, 5, 3, 7);
                BatchNorm layer = (BatchNorm) spec.on(backend);
                Tensor y = layer.infer(x)) {
            assertEquals(values.length, y.toFloats().length);
            BatchNormSpec.Tracking updated =
                    spec.updated(Functional.channelMoments(x)).tracking();
            float[] mean = layer.runningMean().toFloats();
            float[] variance = layer.runningVar().toFloats();
            for (int channel = 0; channel < 3; channel++) {
                assertTrue(Math.abs(mean[channel] - updated.mean()[channel]) <= 2 * Math.ulp(mean[channel]));
                assertTrue(
                        Math.abs(variance[channel] - updated.variance()[channel]) <= 2 * Math.ulp(variance[channel]));
            }
        }
    }

    @Test
    void refusesMomentsThatAreNoRunningStatistics() {
        BatchNormSpec spec = NormSpec.batchNorm(1);
        assertTrue(refused(NormSpec.batchNorm(3), MOMENTS)
                .startsWith("Expected running_mean of 3 values for BatchNorm(3, "));
        assertEquals(
                "Expected more than 1 value per channel for running statistics, got 0 values",
                refused(spec, ChannelMoments.none(1)));
        assertEquals(
                "Expected more than 1 value per channel for running statistics, got 1 value",
                refused(spec, one(1, 2, 0)));
        assertEquals(
                "Expected finite float32 running statistics, but channel 0 has the mean NaN and the variance NaN:"
                        + " its elements are too large, or one is NaN or infinite",
                refused(spec, one(2, Double.NaN, 1)));
        assertEquals(
                "Expected finite float32 running statistics, but channel 0 has the mean 1.0E300 and the variance 1.0:"
                        + " its elements are too large, or one is NaN or infinite",
                refused(spec, one(2, 1e300, 1)));
        BatchNormSpec any = BatchNormSpec.of(new NormSpec.Arguments(0, null, spec.layout(), true, 0.1));
        assertEquals(
                "Expected moments of 1 channel, as the running statistics have, but got 2",
                refused(any.runningMean(new float[1]), MOMENTS));
    }

    @Test
    void aCumulativeAverageNeedsTheNumberOfBatches() {
        BatchNormSpec spec = NormSpec.batchNorm(2).cumulativeAverage();
        assertEquals(
                "Expected a momentum to update the running statistics of " + spec + ", whose cumulative average needs"
                        + " the number of batches before: set momentum 1 / (batches + 1)",
                assertThrows(IllegalArgumentException.class, () -> spec.updated(MOMENTS))
                        .getMessage());
        assertEquals(2.5f, spec.runningStatistics(MOMENTS).tracking().mean()[0]);
    }
}
