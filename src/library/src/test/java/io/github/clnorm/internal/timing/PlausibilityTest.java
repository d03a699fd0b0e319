package io.github.clnorm.internal.timing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PlausibilityTest {

    @Test
    void nothingIsFasterThanFourCopies() {
        assertEquals(250, Plausibility.shortest(2, 1000));
        assertEquals(375, Plausibility.shortest(3, 1000), "it moves half as much again");
        assertArrayEquals(new long[] {250, 251}, Plausibility.believed(new long[] {0, 250, 249, 251}, 250));
    }

    @Test
    void nothingTakesNoTime() {
        assertArrayEquals(new long[] {1}, Plausibility.believed(new long[] {0, 1, 0}, Plausibility.shortest(2, 0)));
    }
}
