package io.github.clnorm.internal.fleet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The search for weights, on simulated devices. */
class ShareSearchTest {

    private static final double MS = 1e6;

    /** Devices that do not disturb each other: as long as the slowest share. */
    private static double independent(double[] times, double... weights) {
        return IntStream.range(0, times.length)
                .mapToDouble(device -> times[device] * weights[device])
                .max()
                .orElseThrow();
    }

    private static List<String> able(int devices) {
        return Collections.nCopies(devices, "");
    }

    @Test
    void independentDevicesShareByTheirRates() {
        double[] times = {30 * MS, 10 * MS};
        ShareSearch.Found found = ShareSearch.search(able(2), 3, weights -> independent(times, weights));
        assertArrayEquals(new double[] {0.25, 0.75}, found.weights());
        assertArrayEquals(times, found.alone());
        assertEquals(7.5 * MS, found.together(), 1);
        assertEquals(able(2), found.leftOut());
    }

    /** PoCL and llvmpipe run on the same processors: together they take the sum. */
    @Test
    void aDeviceThatTakesTheProcessorsOfAnotherIsLeftOut() {
        double[] times = {10 * MS, 15 * MS};
        ShareSearch.Found found = ShareSearch.search(able(2), 3, weights -> IntStream.range(0, 2)
                .mapToDouble(device -> times[device] * weights[device])
                .sum());
        assertArrayEquals(new double[] {1, 0}, found.weights());
        assertEquals(10 * MS, found.together());
        assertEquals("12.000 ms with it, 10.000 ms without it", found.leftOut().get(1));
    }

    @Test
    void aDeviceWhosePieceTakesLongerThanAllTheOthersIsLeftOut() {
        // A fixed overhead for each piece: the slow device needs 9 ms to begin with.
        double[] times = {10 * MS, 40 * MS, 12 * MS};
        ShareSearch.Found found = ShareSearch.search(able(3), 3, weights -> IntStream.range(0, 3)
                .mapToDouble(device ->
                        weights[device] == 0 ? 0 : times[device] * weights[device] + (device == 1 ? 9 * MS : 0))
                .max()
                .orElseThrow());
        assertEquals(0, found.weights()[1]);
        assertEquals(10 / 22.0, found.weights()[2], 1e-3);
        assertTrue(found.leftOut().get(1).contains("with it"), found.leftOut().toString());
    }

    @Test
    void aHopelessDeviceIsMeasuredTwiceAndLeftOut() {
        int[] trials = new int[2];
        double[] times = {10 * MS, 1000 * MS};
        ShareSearch.Found found = ShareSearch.search(able(2), 7, weights -> {
            for (int device = 0; device < 2; device++) {
                trials[device] += weights[device] > 0 ? 1 : 0;
            }
            return independent(times, weights);
        });
        assertArrayEquals(new double[] {1, 0}, found.weights());
        assertEquals(2, trials[1]);
        assertEquals(
                "alone it takes 1000.000 ms, the fastest device 10.000 ms",
                found.leftOut().get(1));
    }

    @Test
    void devicesThatCannotDoTheWorkOrFailAreLeftOut() {
        ClException lost = new ClException(-5, "enqueue", "a device");
        ShareSearch.Found found = ShareSearch.search(List.of("no float64", "", "", ""), 3, weights -> {
            assertEquals(0, weights[0]);
            if (weights[2] > 0 || weights[3] > 0 && weights[1] > 0) {
                throw lost;
            }
            return independent(new double[] {1, 10 * MS, 1, 11 * MS}, weights);
        });
        assertArrayEquals(new double[] {0, 1, 0, 0}, found.weights());
        assertEquals("no float64", found.leftOut().get(0));
        assertEquals(lost.getMessage(), found.leftOut().get(2));
        assertEquals(lost.getMessage(), found.leftOut().get(3));
        assertThrows(
                ClException.class,
                () -> ShareSearch.search(able(2), 3, weights -> {
                    throw lost;
                }));
    }

    @Test
    void oneDeviceIsNotComparedWithItself() {
        double[] seen = new double[1];
        ShareSearch.Found found = ShareSearch.search(able(1), 3, weights -> {
            seen[0] += Arrays.stream(weights).sum();
            return 5;
        });
        assertArrayEquals(new double[] {1}, found.weights());
        assertEquals(4, seen[0]);
    }
}
