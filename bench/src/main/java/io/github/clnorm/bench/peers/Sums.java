package io.github.clnorm.bench.peers;

/**
 * Sums over a run of an array. Eight accumulators, because additions of float32 depend on each other and the JIT may not
 * reorder them; every few thousand elements they are added to a double, so that sums of millions do not lose digits.
 */
final class Sums {

    private static final int BLOCK = 4096;

    private Sums() {}

    /** The sum of x. */
    static double of(float[] x, int from, int count) {
        double total = 0;
        int end = from + count;
        for (int start = from; start < end; start += BLOCK) {
            int stop = Math.min(end, start + BLOCK);
            float a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
            int i = start;
            for (; i <= stop - 8; i += 8) {
                a += x[i];
                b += x[i + 1];
                c += x[i + 2];
                d += x[i + 3];
                e += x[i + 4];
                f += x[i + 5];
                g += x[i + 6];
                h += x[i + 7];
            }
            for (; i < stop; i++) {
                a += x[i];
            }
            total += ((a + b) + (c + d)) + ((e + f) + (g + h));
        }
        return total;
    }

    /** The sum of (x - mean)². */
    static double ofSquares(float[] x, float mean, int from, int count) {
        double total = 0;
        int end = from + count;
        for (int start = from; start < end; start += BLOCK) {
            int stop = Math.min(end, start + BLOCK);
            float a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
            int i = start;
            for (; i <= stop - 8; i += 8) {
                a += (x[i] - mean) * (x[i] - mean);
                b += (x[i + 1] - mean) * (x[i + 1] - mean);
                c += (x[i + 2] - mean) * (x[i + 2] - mean);
                d += (x[i + 3] - mean) * (x[i + 3] - mean);
                e += (x[i + 4] - mean) * (x[i + 4] - mean);
                f += (x[i + 5] - mean) * (x[i + 5] - mean);
                g += (x[i + 6] - mean) * (x[i + 6] - mean);
                h += (x[i + 7] - mean) * (x[i + 7] - mean);
            }
            for (; i < stop; i++) {
                a += (x[i] - mean) * (x[i] - mean);
            }
            total += ((a + b) + (c + d)) + ((e + f) + (g + h));
        }
        return total;
    }

    /** The sum of dy (x - mean). */
    static double ofProducts(float[] dy, float[] x, float mean, int from, int count) {
        double total = 0;
        int end = from + count;
        for (int start = from; start < end; start += BLOCK) {
            int stop = Math.min(end, start + BLOCK);
            float a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
            int i = start;
            for (; i <= stop - 8; i += 8) {
                a += dy[i] * (x[i] - mean);
                b += dy[i + 1] * (x[i + 1] - mean);
                c += dy[i + 2] * (x[i + 2] - mean);
                d += dy[i + 3] * (x[i + 3] - mean);
                e += dy[i + 4] * (x[i + 4] - mean);
                f += dy[i + 5] * (x[i + 5] - mean);
                g += dy[i + 6] * (x[i + 6] - mean);
                h += dy[i + 7] * (x[i + 7] - mean);
            }
            for (; i < stop; i++) {
                a += dy[i] * (x[i] - mean);
            }
            total += ((a + b) + (c + d)) + ((e + f) + (g + h));
        }
        return total;
    }
}
