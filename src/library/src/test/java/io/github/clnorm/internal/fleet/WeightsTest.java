package io.github.clnorm.internal.fleet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Shares of devices: weights, owners of pieces, ranges of a dimension, and the size of pieces. */
class WeightsTest {

    @Test
    void weightsAreInverseTimes() {
        assertArrayEquals(new double[] {0.75, 0.25}, Weights.ofTimes(1, 3));
        assertArrayEquals(new double[] {1, 0}, Weights.ofTimes(2, Double.POSITIVE_INFINITY));
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 1000; i++) {
            double[] times = random.doubles(random.nextInt(1, 9), 1, 100).toArray();
            assertEquals(1, Arrays.stream(Weights.ofTimes(times)).sum(), 1e-12);
        }
    }

    @Test
    void aDeviceThatIsTakenOutLeavesItsShareToTheOthers() {
        assertArrayEquals(
                new double[] {0.25, 0, 0.75}, Weights.among(new double[] {0.2, 0.2, 0.6}, true, false, true), 1e-12);
        assertArrayEquals(new double[] {0, 0.5, 0.5}, Weights.among(new double[] {1, 0, 0}, false, true, true));
    }

    @Test
    void aPieceGoesToTheDeviceThatWouldFinishItFirst() {
        assertArrayEquals(new int[] {0, 1, 0, 1, 0}, Weights.owners(5, 0.5, 0.5));
        assertArrayEquals(new int[] {1, 1, 0, 1, 1, 1, 0, 1}, Weights.owners(8, 0.25, 0.75));
        // Two pieces of the fast device take less time than one of the slow one.
        assertArrayEquals(new int[] {1, 1}, Weights.owners(2, 0.1, 0.9));
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 200; i++) {
            double[] weights = Weights.ofTimes(random.doubles(4, 1, 5).toArray());
            int[] owners = Weights.owners(400, weights);
            for (int device = 0; device < 4; device++) {
                int of = device;
                long count = Arrays.stream(owners).filter(owner -> owner == of).count();
                assertEquals(400 * weights[device], count, 4);
            }
        }
    }

    @Test
    void rangesFollowTheWeightsAndCoverEverything() {
        assertArrayEquals(new long[] {0, 5, 8, 10}, Weights.ranges(10, 0.5, 0.3, 0.2));
        assertArrayEquals(new long[] {0, 0, 1}, Weights.ranges(1, 0.3, 0.7));
        assertArrayEquals(new long[] {0, 0, 0}, Weights.ranges(0, 0.3, 0.7));
    }

    @Test
    void piecesCoverTheSamples() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 2000; i++) {
            long samples = random.nextLong(1, 100_000);
            long bytes = random.nextLong(1, 100_000);
            SamplePieces pieces = SamplePieces.of(
                    samples,
                    bytes,
                    random.nextDouble(0.01, 1),
                    SamplePieces.LEAST_BYTES,
                    Math.max(bytes, random.nextLong(1, 50_000_000)));
            long next = 0;
            for (int piece = 0; piece < pieces.count(); piece++) {
                assertEquals(next, pieces.first(piece));
                assertTrue(pieces.size(piece) > 0);
                next += pieces.size(piece);
            }
            assertEquals(samples, next);
        }
        assertEquals(
                4,
                SamplePieces.of(8, 3 << 20, 0.5, SamplePieces.LEAST_BYTES, 1 << 30)
                        .count());
        assertEquals(
                1,
                SamplePieces.of(8, 1 << 10, 0.5, SamplePieces.LEAST_BYTES, 1 << 30)
                        .count());
        assertEquals(
                8,
                SamplePieces.of(8, 100 << 20, 0.5, SamplePieces.LEAST_BYTES, 1 << 30)
                        .count());
    }
}
