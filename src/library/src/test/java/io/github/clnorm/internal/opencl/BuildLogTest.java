package io.github.clnorm.internal.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log of a build that failed, from drivers that give a wrong size for it. */
class BuildLogTest {

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 1L << 40, Integer.MAX_VALUE, 1L << 32})
    void aWrongSizeIsNotAllocated(long size) {
        String log = JoclPrograms.buildLog((bytes, into) -> {
            if (bytes == null) {
                into[0] = size;
                return 0;
            }
            bytes[0] = 'n';
            bytes[1] = 'o';
            return 0;
        });
        assertEquals("no", log);
    }

    @Test
    void aLogThatIsNotGivenLeavesTheCodeAndTheSize() {
        String log = JoclPrograms.buildLog((bytes, into) -> {
            if (bytes == null) {
                into[0] = -1;
                return 0;
            }
            return -30;
        });
        assertEquals(
                "(the log cannot be read: clGetProgramBuildInfo answered -30, and a size of 18446744073709551615 bytes)",
                log);
    }

    @Test
    void aLongLogIsCut() {
        int length = 1_000_000;
        String log = JoclPrograms.buildLog((bytes, into) -> {
            if (bytes == null) {
                into[0] = length;
            } else {
                Arrays.fill(bytes, (byte) 'e');
            }
            return 0;
        });
        assertTrue(log.startsWith("eeee") && log.length() < 70_000, "length " + log.length());
        assertTrue(log.endsWith("e\n(934464 more characters)"), log.substring(log.length() - 40));
    }
}
