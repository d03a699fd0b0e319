package io.github.clnorm.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SoakTest {

    @Test
    void thePropertyChoosesTheForm() {
        assertEquals(10, Soak.steps(null, 10, 1000));
        assertEquals(1000, Soak.steps("true", 10, 1000));
        assertEquals(1000, Soak.steps("1", 10, 1000));
        assertEquals(3000, Soak.steps("3", 10, 1000));
    }

    @Test
    void rejectsAnInvalidNumber() {
        assertThrows(IllegalArgumentException.class, () -> Soak.steps("0", 10, 1000));
        assertThrows(IllegalArgumentException.class, () -> Soak.steps("false", 10, 1000));
        assertThrows(ArithmeticException.class, () -> Soak.steps("3000000", 10, 1000));
    }
}
