package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class KnownExceptionsTest {

    private static final PlannedKernel PLANNED =
            RuleTest.planned(RuleTest.build("resident", "-DSTORAGE=FLOAT64 -DKEEP_SET=1"));
    private static final Violation VIOLATION = new Violation(Rule.OCCUPANCY, PLANNED, "13 %");

    private static int remaining(String line) {
        return KnownExceptions.of(List.of("# a comment", "", line))
                .remaining(List.of(VIOLATION))
                .size();
    }

    @Test
    void anExceptionCoversTheViolationsThatItNames() {
        assertEquals(0, remaining("OCCUPANCY gfx90a resident float64: a reason"));
        assertEquals(0, remaining("OCCUPANCY * resident *: a reason"));
        assertEquals(0, remaining("OCCUPANCY gfx90a resident float64 +KEEP_SET=1: a reason"));
        assertEquals(1, remaining("OCCUPANCY gfx90a resident float64 +PACKED=1: a reason"));
        assertEquals(1, remaining("LOADS gfx90a resident float64: a reason"));
        assertEquals(1, remaining("OCCUPANCY sm_90 resident float64: a reason"));
        assertEquals(1, remaining("OCCUPANCY gfx90a resident float32: a reason"));
        assertEquals(1, remaining("OCCUPANCY gfx90a affine float64: a reason"));
    }

    @Test
    void exceptionsThatCoverNothingAreUnneededIfTheirKernelWasCompiled() {
        KnownExceptions known = KnownExceptions.of(List.of(
                "OCCUPANCY gfx90a resident float64: needed",
                "LOADS gfx90a resident float64: not needed",
                "LOADS sm_90 resident float64: not compiled"));
        List<KnownExceptions.Entry> unneeded =
                known.unneeded(List.of(VIOLATION), List.of(facts(new Resources(32, 0, 0, 0, 0, 0))));
        assertEquals(
                List.of(2), unneeded.stream().map(KnownExceptions.Entry::line).toList());
    }

    @Test
    void exceptionsWhoseRuleWasNotCheckedAreNotUnneeded() {
        KnownExceptions known = KnownExceptions.of(
                List.of("SCRATCH gfx90a resident float64: not assembled", "LOADS gfx90a resident float64: not needed"));
        List<KnownExceptions.Entry> unneeded = known.unneeded(List.of(), List.of(facts(Resources.UNKNOWN)));
        assertEquals(
                List.of(2), unneeded.stream().map(KnownExceptions.Entry::line).toList());
    }

    private static KernelFacts facts(Resources resources) {
        Listing listing = new Listing();
        listing.add(Instruction.of(Instruction.Kind.END));
        return KernelFacts.of(PLANNED, new Compiled(resources, listing, List.of()));
    }

    @Test
    void linesThatAreNoExceptionsAreRejected() {
        for (String line : List.of(
                "OCCUPANCY gfx90a resident float64",
                "OCCUPANCY gfx90a resident float64: ",
                "OCCUPANCY gfx90a resident: a reason",
                "OCCUPANCY gfx90a resident float64 more: a reason",
                "SPEED gfx90a resident float64: a reason")) {
            assertThrows(IllegalArgumentException.class, () -> KnownExceptions.of(List.of(line)), line);
        }
    }

    /** The kernels need not be compiled for this. */
    @Test
    void theProjectsExceptionsCanBeRead() throws Exception {
        assertEquals(
                List.of(),
                KnownExceptions.read(Path.of("bench/gpu-compilers-exceptions.txt"))
                        .remaining(List.of()));
        assertTrue(Target.parse("gfx90a") == Target.GFX90A);
    }
}
