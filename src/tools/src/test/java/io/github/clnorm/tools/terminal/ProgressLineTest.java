package io.github.clnorm.tools.terminal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where the progress bar is shown. */
class ProgressLineTest {

    @Test
    void theLaunchersWordCounts() {
        assertTrue(ProgressLine.isTerminal("true", "Linux", Map.of(), () -> false));
        assertFalse(ProgressLine.isTerminal("false", "Linux", Map.of(), () -> true));
    }

    @Test
    void windowsOldConsoleGetsNoControlCharacters() {
        assertFalse(ProgressLine.isTerminal(null, "Windows 11", Map.of(), () -> true));
        assertTrue(ProgressLine.isTerminal(null, "Windows 11", Map.of("WT_SESSION", "1"), () -> true));
        assertTrue(ProgressLine.isTerminal(null, "Mac OS X", Map.of(), () -> true));
        assertFalse(ProgressLine.isTerminal(null, "Mac OS X", Map.of(), () -> false));
    }
}
