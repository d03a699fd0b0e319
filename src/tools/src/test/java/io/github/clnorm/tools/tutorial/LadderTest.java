package io.github.clnorm.tools.tutorial;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The tutorial's kernels against float64, and from 6_split.cl on against the library's bits. */
@Tag("slow")
class LadderTest {

    private static final Extent PLAIN = new Extent(2, 8, 4, 64);
    private static final Extent SEVERAL_BLOCKS = new Extent(2, 4, 2, 1500);
    private static final List<Extent> EXTENTS = List.of(
            PLAIN,
            SEVERAL_BLOCKS,
            new Extent(3, 5, 5, 7),
            new Extent(2, 6, 2, 35),
            new Extent(3, 10, 2, 1),
            new Extent(1, 6, 3, 512),
            new Extent(70, 2, 1, 20),
            // More blocks than lanes.
            new Extent(1, 64, 1, 1100));
    private static final List<String> EXACT = List.of(
            "6_split.cl",
            "7_merge.cl",
            "8_affine.cl",
            "9_resident.cl",
            "10_gradient_sums.cl",
            "11_input_gradient.cl",
            "12_parameter_gradient.cl");
    // Of one accumulator, and of a mean in one float.
    private static final double SIMPLE_BOUND = 1e-4;
    private static final double EXACT_BOUND = 1e-6;
    private static final double WRONG = 1e-2;

    private static void onDevice(Backend backend, Consumer<RungPrograms> test) {
        try (JoclOpenCl openCl = JoclOpenCl.open(backend.device(), false);
                RungPrograms programs = new RungPrograms(openCl, backend.device())) {
            test.accept(programs);
        }
    }

    private static List<Extent> extents(Backend backend) {
        return TestDevices.isSlow(backend) ? EXTENTS.subList(0, 4) : EXTENTS;
    }

    @OnEveryDevice
    void everyFileIsRightAtAnySize(Backend backend) {
        onDevice(backend, programs -> {
            for (Extent extent : extents(backend)) {
                try (Ladder ladder = new Ladder(programs, extent, TutorialInputs.random(extent, 0.5))) {
                    for (Rung rung : Rung.LADDER) {
                        if (rung.refusal(extent, backend.device().maxWorkGroupSize()) == null) {
                            double bound = EXACT.contains(rung.file()) ? EXACT_BOUND : SIMPLE_BOUND;
                            atMost(bound, ladder.check(rung, ladder.build(rung)), rung.file() + ", " + extent);
                        }
                    }
                }
            }
        });
    }

    @OnEveryDevice
    void everyWorkGroupSizeGivesTheSameBits(Backend backend) {
        onDevice(backend, programs -> {
            try (Ladder ladder = new Ladder(programs, SEVERAL_BLOCKS, TutorialInputs.random(SEVERAL_BLOCKS, 3))) {
                for (Rung rung : Rung.LADDER) {
                    if (rung.team()) {
                        continue;
                    }
                    ladder.check(rung, ladder.build(rung, 1, ""));
                    Map<String, float[]> alone =
                            Ladder.outputs(rung).stream().collect(Collectors.toMap(output -> output, ladder::read));
                    for (int size : new int[] {3, 64}) {
                        if (size <= backend.device().maxWorkGroupSize()) {
                            ladder.check(rung, ladder.build(rung, size, ""));
                            alone.forEach((output, values) -> assertArrayEquals(
                                    values,
                                    ladder.read(output),
                                    rung.file() + ", " + output + ", work-groups of " + size));
                        }
                    }
                }
            }
        });
    }

    @OnEveryDevice
    void residentGivesTheSameBitsForEveryWidth(Backend backend) {
        onDevice(backend, programs -> {
            Rung rung = Rung.named("9_resident.cl");
            // Many work-groups at a time.
            Extent extent = TestDevices.isSlow(backend) ? PLAIN : new Extent(128, 64, 32, 64);
            TutorialInputs inputs = TutorialInputs.random(extent, 10);
            try (Ladder ladder = new Ladder(programs, extent, inputs)) {
                float[] expected = library(backend, extent, inputs).get("y");
                for (int width : new int[] {4, 8, 16}) {
                    if (Rung.teamSize(width) <= backend.device().maxWorkGroupSize()) {
                        atMost(
                                EXACT_BOUND,
                                ladder.check(rung, ladder.build(rung, Rung.teamSize(width), " -D WIDTH=" + width)),
                                "width " + width);
                        assertArrayEquals(expected, ladder.read("y"), "width " + width);
                    }
                }
            }
        });
    }

    @OnEveryDevice
    void theNaiveFormulaFailsAtLargeMeansAndTheOthersDoNot(Backend backend) {
        onDevice(backend, programs -> {
            try (Ladder ladder = new Ladder(programs, PLAIN, TutorialInputs.random(PLAIN, 1e4))) {
                Rung naive = Rung.named("1_naive.cl");
                double error = ladder.check(naive, ladder.build(naive));
                assertFalse(
                        error < WRONG, "the naive formula is right at mean 1e4, which its comment denies: " + error);
                // One accumulator of 512 values near 1e4 is several thousandths off.
                Rung twoPass = Rung.named("2_two_pass.cl");
                atMost(WRONG, ladder.check(twoPass, ladder.build(twoPass)), twoPass.file());
                for (String file : List.of("3_lanes.cl", "4_runs.cl", "5_pivot.cl")) {
                    Rung rung = Rung.named(file);
                    // A float near 1e4 may be 5e-4 off.
                    atMost(1e-3, ladder.check(rung, ladder.build(rung)), file);
                }
                for (String file : EXACT) {
                    Rung rung = Rung.named(file);
                    if (rung.refusal(PLAIN, backend.device().maxWorkGroupSize()) == null) {
                        atMost(2e-6, ladder.check(rung, ladder.build(rung)), file);
                    }
                }
            }
        });
    }

    @OnEveryDevice
    void exactFilesHaveTheLibrarysBits(Backend backend) {
        onDevice(backend, programs -> {
            for (Extent extent : extents(backend)) {
                // With one element a channel the library sums gradients in another order.
                if (extent.s() > 1) {
                    hasTheLibrarysBits(backend, programs, extent, TutorialInputs.random(extent, 100));
                    hasTheLibrarysBits(backend, programs, extent, outlying(extent));
                }
            }
        });
    }

    /** Normally distributed, and in each set the first 64 elements far from all others: a poor pivot. */
    private static TutorialInputs outlying(Extent extent) {
        float[] x = Values.normal(7, extent.elements(), 1, 2);
        for (int i = 0; i < x.length; i++) {
            x[i] += i % extent.setSize() < 64 ? 1000 : 0;
        }
        TutorialInputs others = TutorialInputs.random(extent, 0);
        return new TutorialInputs(x, others.dy(), others.gamma(), others.beta());
    }

    private static void hasTheLibrarysBits(
            Backend backend, RungPrograms programs, Extent extent, TutorialInputs inputs) {
        Map<String, float[]> expected = library(backend, extent, inputs);
        try (Ladder ladder = new Ladder(programs, extent, inputs)) {
            int compared = 0;
            for (String file : EXACT) {
                Rung rung = Rung.named(file);
                if (rung.refusal(extent, backend.device().maxWorkGroupSize()) == null) {
                    ladder.check(rung, ladder.build(rung));
                    for (String output : Ladder.outputs(rung)) {
                        if (expected.containsKey(output)) {
                            assertArrayEquals(
                                    expected.get(output), ladder.read(output), file + ", " + output + ", " + extent);
                            compared++;
                        }
                    }
                }
            }
            // y, dx, dgamma, dbeta
            assertTrue(compared >= 4, "only " + compared + " outputs were compared");
        }
    }

    private static Map<String, float[]> library(Backend backend, Extent extent, TutorialInputs inputs) {
        try (RealKernels library = new RealKernels(backend, extent, inputs)) {
            return library.results();
        }
    }

    @OnEveryDevice
    void theActivationIsFused(Backend backend) {
        onDevice(backend, programs -> {
            try (Ladder ladder = new Ladder(programs, PLAIN, TutorialInputs.random(PLAIN, 0))) {
                for (String file : List.of("4_runs.cl", "6_split.cl", "7_merge.cl", "8_affine.cl")) {
                    Rung rung = Rung.named(file);
                    ladder.check(rung, ladder.build(rung));
                    if (Ladder.outputs(rung).contains("y")) {
                        float[] plain = ladder.read("y");
                        ladder.build(rung, 1, " -D RELU").run();
                        float[] fused = ladder.read("y");
                        IntStream.range(0, plain.length)
                                .forEach(i -> assertEquals(Math.max(plain[i], 0), fused[i], file + ", element " + i));
                    }
                }
            }
        });
    }

    @OnEveryDevice
    void whatIsNotWrittenIsAnError(Backend backend) {
        onDevice(backend, programs -> {
            try (Ladder ladder = new Ladder(programs, PLAIN, TutorialInputs.random(PLAIN, 0))) {
                assertTrue(Double.isNaN(ladder.check(Rung.named("4_runs.cl"), () -> {})));
                assertTrue(Double.isNaN(ladder.check(Rung.COPY, () -> {})));
            }
        });
    }

    @Test
    void sizesThatDoNotFitAreNamed() {
        Rung resident = Rung.named("9_resident.cl");
        assertNull(resident.refusal(PLAIN, 64));
        assertNotNull(resident.refusal(new Extent(1, 2, 1, 516), 64));
        assertNotNull(resident.refusal(new Extent(1, 2, 1, 6), 64));
        assertNotNull(resident.refusal(PLAIN, 1));
        assertNull(Rung.named("8_affine.cl").refusal(SEVERAL_BLOCKS, 1));
    }

    private static void atMost(double bound, double error, String what) {
        // Not "error > bound": that would let NaN pass.
        assertTrue(error <= bound, what + ": error " + error + ", expected at most " + bound);
    }
}
