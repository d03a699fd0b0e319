package io.github.clnorm.tools.tutorial;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.timing.FakeClock;
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.CommandLineFixture;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The table of the tutorial's kernels. */
@Tag("slow")
class TutorialCommandTest extends CommandLineFixture {

    // One reading of the clock.
    private static final long STEP = 100_000_000;

    @BeforeEach
    void replaceClock() {
        CommandClock.use(new FakeClock(STEP));
    }

    @AfterEach
    void restoreClock() {
        CommandClock.use(System::nanoTime);
    }

    @Test
    @Tag("device")
    void everyFileHasARowAndTheCopyIsTheLimit() {
        assertEquals(
                ExitCode.DONE, execute("tutorial", "--shape", "2,8,8,8", "--num-groups", "4", "--budget", "1s"), err);
        List<String> lines = out.lines().toList();
        assertTrue(lines.get(0).endsWith("N 2, C 8, G 4, S 64"), out);
        assertTrue(lines.get(1).matches("file +time +GB/s +of copy +error +bits +gains"), out);
        for (String name :
                List.of("driver's copy", "0_copy.cl", "1_naive.cl", "12_parameter_gradient.cl", "6 \\+ 7 \\+ 8")) {
            assertEquals(
                    1, lines.stream().filter(line -> line.matches(name + " .*")).count(), name + ": " + out);
        }
        assertTrue(row("0_copy.cl").contains(" 100% "), out);
        assertTrue(row("8_affine.cl").contains(" library's "), out);
        assertTrue(row("11_input_gradient.cl").contains(" library's "), out);
        assertTrue(lines.stream().noneMatch(line -> line.endsWith("wrong")), out);
    }

    @Test
    @Tag("device")
    void aFileThatDoesNotSupportTheSizeSaysSo() {
        assertEquals(
                ExitCode.DONE, execute("tutorial", "--shape", "1,4,1500", "--num-groups", "2", "--budget", "1s"), err);
        assertTrue(row("9_resident.cl").endsWith("needs sets of 1024 elements or fewer"), out);
    }

    private String row(String name) {
        return out.lines().filter(line -> line.startsWith(name)).findFirst().orElseThrow();
    }

    @Test
    void wrongSizesAreRejected() throws IOException {
        refused(
                ExitCode.WRONG_REQUEST,
                execute("tutorial", "--shape", "2,7,3", "--num-groups", "2"),
                "7",
                "divisible",
                "2");
        refused(ExitCode.WRONG_REQUEST, execute("tutorial", "--shape", "2"), "at least 2 dimensions");
        refused(ExitCode.WRONG_REQUEST, execute("tutorial", "--shape", "2,32,0"), "S 0");
        refused(ExitCode.WRONG_REQUEST, execute("tutorial", "--shape", "2,32,100000,100000"), "2^27");
        refused(ExitCode.WRONG_REQUEST, execute("tutorial", "--shape", "2,,3"), "--shape");
    }
}
