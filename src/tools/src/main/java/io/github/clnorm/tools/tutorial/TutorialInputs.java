package io.github.clnorm.tools.tutorial;

import java.util.SplittableRandom;

/**
 * Pseudo-random inputs: always the same for a size and a mean.
 *
 * @param x uniform, standard deviation 1
 * @param dy uniform in -1 .. 1
 * @param gamma uniform in 0.5 .. 1.5
 * @param beta uniform in -0.5 .. 0.5
 */
record TutorialInputs(float[] x, float[] dy, float[] gamma, float[] beta) {

    static final float EPS = 1e-5f;

    static TutorialInputs random(Extent extent, double mean) {
        SplittableRandom random = new SplittableRandom(1);
        double half = Math.sqrt(3);
        return new TutorialInputs(
                uniform(random, extent.elements(), mean - half, mean + half),
                uniform(random, extent.elements(), -1, 1),
                uniform(random, extent.c(), 0.5, 1.5),
                uniform(random, extent.c(), -0.5, 0.5));
    }

    private static float[] uniform(SplittableRandom random, int count, double from, double to) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (from + (to - from) * random.nextDouble());
        }
        return values;
    }
}
