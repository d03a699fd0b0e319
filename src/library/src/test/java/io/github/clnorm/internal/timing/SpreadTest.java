package io.github.clnorm.internal.timing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SpreadTest {

    @Test
    void percentilesAreInterpolatedInMicroseconds() {
        long[] times = {11_000, 1_000, 6_000, 2_000, 3_000, 4_000, 5_000, 7_000, 8_000, 9_000, 10_000};
        long[] before = times.clone();
        assertEquals(new Spread(6, 2, 10, 11), Spread.of(times));
        assertArrayEquals(before, times);
        assertEquals(new Spread(1.5, 1.1, 1.9, 2), Spread.of(2_000, 1_000));
    }

    @Test
    void oneTimeIsAllOfThem() {
        assertEquals(new Spread(0.123, 0.123, 0.123, 1), Spread.of(123));
    }
}
