package io.github.clnorm.tools.errors;

import java.util.SplittableRandom;

/**
 * The worst case of a sum: values whose rounding errors all have the same sign. The values are chosen one after another,
 * each as the best of some, in the order in which a lane or a column adds them: deviations d from the pivot, which is 0,
 * and d². If the other values are far enough from the pivot, M2 = Σd² - (Σd)² / n is a small difference.
 */
final class RoundedAlike {

    private static final int CANDIDATES = 48;
    private static final int BLOCK_OF_ROWS = 128;
    private static final int BLOCK_STEPS = 16;

    private final SplittableRandom random;
    private final double sumsWeight;
    private final int direction;
    private float sum;
    private float squares;

    private RoundedAlike(SplittableRandom random, double sumsWeight) {
        this.random = random;
        this.direction = Distribution.sign(random);
        this.sumsWeight = sumsWeight;
    }

    static void fill(SplittableRandom random, Scenario scenario, double[] set) {
        int step = scenario.step();
        int block = scenario.acrossRows() ? BLOCK_OF_ROWS : BLOCK_STEPS;
        int head = headOf(random, scenario);
        double mean = head == 0 ? 0 : 1;
        double spread = head == 0 ? 1 : 0.2 + 0.8 * random.nextDouble();
        // The derivatives of M2 by the two sums are 1 and -2 mean(d).
        RoundedAlike chooser = new RoundedAlike(random, head == 0 ? 0 : -2.0 * (block - head) / block);
        double value = 0;
        for (int i = 0; i < set.length; i++) {
            if (i % step == 0) {
                int at = i / step % block;
                value = at < head ? chooser.restart(at) : chooser.next(at == 0, mean, spread);
            }
            set[i] = value;
        }
        if (random.nextBoolean()) {
            // One element with a large result, whose relative error is that of rstd.
            set[random.nextInt(set.length)] = (2 + random.nextInt(12)) * Distribution.sign(random);
        }
    }

    /** The steps at the start of a block that are the pivot. Without a mean there is none. */
    private static int headOf(SplittableRandom random, Scenario scenario) {
        if (!scenario.takesMean() || random.nextInt(3) == 0) {
            return 0;
        }
        return scenario.acrossRows() ? 16 : 1;
    }

    private double restart(int at) {
        if (at == 0) {
            sum = 0;
            squares = 0;
        }
        return 0;
    }

    private double next(boolean first, double mean, double spread) {
        if (first) {
            restart(0);
        }
        double target = mean + spread * Distribution.sign(random);
        float best = (float) target;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < CANDIDATES; i++) {
            float candidate = (float) (target * (1 + 0.03 * random.nextDouble()));
            double error = direction * (squaresError(candidate) + sumsWeight * sumError(candidate));
            if (error > most) {
                most = error;
                best = candidate;
            }
        }
        sum += best;
        squares = Math.fma(best, best, squares);
        return best;
    }

    private double sumError(float d) {
        return (double) (sum + d) - ((double) sum + d);
    }

    private double squaresError(float d) {
        return (double) Math.fma(d, d, squares) - ((double) d * d + squares);
    }
}
