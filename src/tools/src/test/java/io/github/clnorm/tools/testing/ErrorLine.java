package io.github.clnorm.tools.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a failed command prints on standard error. */
public final class ErrorLine {

    private ErrorLine() {}

    /** Checks that it is one line with these words. */
    public static void check(String err, Object... words) {
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.startsWith("clnorm: "), err);
        for (Object word : words) {
            assertTrue(err.contains(word.toString()), "'" + word + "' is not in: " + err);
        }
    }
}
