package io.github.clnorm.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LoadTest {

    private static Load load(String average, int busy, int idle, int own) {
        String stat =
                "cpu  " + busy + " 0 0 " + idle + " 0 0 0 0 0 0\ncpu0 1 0 0 1 0 0 0 0 0 0\ncpu1 1 0 0 1 0 0 0 0 0 0\n";
        String self = "12 (a ) b) S 1 1 1 0 -1 0 0 0 0 0 " + own + " 0 0 0 20 0 1 0 0\n";
        return Load.of(average + " 0.10 0.20 1/100 1234\n", stat, self);
    }

    @Test
    void anIdleMachineHasNoWarning() {
        Load before = load("0.05", 1000, 5000, 100);
        Load after = load("2.01", 1200, 5000, 300);
        assertNull(before.warning());
        assertEquals(0, after.ofOthersSince(before));
        assertEquals(
                "load average before: 0.05 0.10 0.20, after: 2.01 0.10 0.20; other programs took 0.00 processors",
                after.summary(before));
    }

    @Test
    void otherProgramsAreTheTimeThatIsNotOurs() {
        Load before = load("0.05", 1000, 5000, 100);
        // 200 ticks of two processors, 100 each: 80 ours, 60 of others, 60 idle.
        Load after = load("1.00", 1140, 5060, 180);
        assertEquals(0.6, after.ofOthersSince(before), 1e-9);
        assertTrue(after.summary(before).contains("0.60 processors\nWARNING"), after.summary(before));
    }

    @Test
    void aLoadBeforeTheRunWarns() {
        Load before = load("0.80", 1000, 5000, 100);
        assertNotNull(before.warning());
        assertTrue(before.warning().contains("0.80 0.10 0.20"), before.warning());
    }

    @Test
    void aLaterTableDoesNotWarnOfTheProgramsOwnLoad() {
        Load before = load("2.10", 1000, 5000, 100);
        assertFalse(load("2.20", 1200, 5000, 299).summary(before).contains("WARNING"));
    }

    @Test
    void aSystemWithoutTheseFilesSaysSo() {
        Load unknown = Load.of("", "", "");
        assertNull(unknown.warning());
        assertTrue(unknown.summary(unknown).startsWith("load average before: unknown, after: unknown"));
        assertFalse(unknown.summary(unknown).contains("WARNING"));
    }
}
