package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.Layout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Sets of 2<sup>27</sup> elements around a mean of 10<sup>4</sup>, which a running sum in float32 would lose. On the
 * fastest device here: 512 MiB take a slow one many minutes.
 */
@Tag("slow")
@Tag("device")
class LargeSetTest {

    private static final int COUNT = 1 << 27;

    /** A value of a wide spread around 10^4 from an index alone: nothing needs to be kept. */
    private static float value(long index) {
        long mixed = index * 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ mixed >>> 29) * 0xbf58476d1ce4e5b9L;
        return 9998 + (mixed >>> 40) * 0x1p-22f;
    }

    private static void check(Layout layout, long groups, long... shape) {
        Backend backend = TestDevices.first();
        assertTrue(!Quirks.prefersWorkItemsToVectors(backend.device()), "the first device is the fastest");
        try (Tensor x = backend.empty(shape)) {
            x.write((at, piece) -> {
                for (int i = 0; i < piece.remaining(); i += Float.BYTES) {
                    piece.putFloat(i, value((at + i) / Float.BYTES));
                }
            });
            long channels = shape[layout.channelAxis(shape.length)];
            double[] sum = new double[(int) groups];
            double[] squares = new double[(int) groups];
            // Around 10^4 float64 has digits enough for plain sums of what is left.
            for (long i = 0; i < COUNT; i++) {
                int group = (int)
                        (layout == Layout.CHANNELS_FIRST ? i / (COUNT / groups) : i % channels * groups / channels);
                double deviation = value(i) - 1e4;
                sum[group] += deviation;
                squares[group] += deviation * deviation;
            }
            double size = COUNT / (double) groups;
            try (Normalized result = Functional.groupNorm(
                    x, groups, null, null, 1e-5, Options.DEFAULTS.layout(layout).output(x))) {
                double[] mean = new double[(int) groups];
                double[] rstd = new double[(int) groups];
                for (int g = 0; g < groups; g++) {
                    mean[g] = sum[g] / size;
                    rstd[g] = 1 / Math.sqrt(squares[g] / size - mean[g] * mean[g] + 1e-5);
                    assertEquals(1e4 + mean[g], result.mean().toFloats()[g], 1e-3, "mean");
                    assertEquals(rstd[g], result.rstd().toFloats()[g], 4e-6 * rstd[g], "rstd");
                }
                double[] worst = {0};
                result.output().read((at, piece) -> {
                    for (int i = 0; i < piece.remaining(); i += Float.BYTES) {
                        long index = (at + i) / Float.BYTES;
                        int group = (int)
                                (layout == Layout.CHANNELS_FIRST
                                        ? index / (COUNT / groups)
                                        : index % channels * groups / channels);
                        double expected = (value(index) - 1e4 - mean[group]) * rstd[group];
                        double error = Math.abs(piece.getFloat(i) - expected) / (1 + Math.abs(expected));
                        worst[0] = error <= worst[0] ? worst[0] : error;
                    }
                });
                assertTrue(worst[0] <= Errors.FORWARD, layout + ": " + worst[0]);
            }
        }
    }

    @Test
    void oneSetAlongItsRow() {
        check(Layout.CHANNELS_FIRST, 1, 1, 8, 1 << 12, 1 << 12);
    }

    @Test
    void twoSetsAcrossTheRows() {
        check(Layout.CHANNELS_LAST, 2, 1, 1 << 12, 1 << 12, 8);
    }
}
