package io.github.clnorm.testing;

import java.util.SplittableRandom;

/** Inputs, always the same for the same seed. */
public final class Values {
    private Values() {}

    /** Normally distributed values. */
    public static float[] normal(long seed, int count, double mean, double std) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i += 2) {
            // Box and Muller; nextDouble can be 0, whose logarithm is not wanted.
            double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
            double angle = 2 * Math.PI * random.nextDouble();
            values[i] = (float) (mean + std * radius * Math.cos(angle));
            if (i + 1 < count) {
                values[i + 1] = (float) (mean + std * radius * Math.sin(angle));
            }
        }
        return values;
    }

    /** All elements alike. */
    public static float[] constant(int count, float value) {
        float[] values = new float[count];
        java.util.Arrays.fill(values, value);
        return values;
    }
}
