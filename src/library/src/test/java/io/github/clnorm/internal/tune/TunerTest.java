package io.github.clnorm.internal.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.tune.Tuned.Ending;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.Geometries;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The search, by devices whose speed tests decide: nothing here waits for a real clock. */
@Tag("slow")
@Tag("device")
class TunerTest {

    private static final long BUDGET = 1_000_000_000L;
    private static final long MICROSECOND = 1000;
    // Small, with enough sets for every strategy.
    private static final ForwardProblem PROBLEM = ForwardProblem.of(
            Geometries.groupNorm(new long[] {8, 8, 40}, 4, Layout.CHANNELS_FIRST),
            Statistics.MEAN_AND_VARIANCE,
            ElementType.FLOAT32);
    private static final DeviceInfo DEVICE =
            // So that few copies of the tensors are made.
            TestInfo.with(TestDevices.first().device(), "globalMemory", 1L << 20);

    private static boolean isNarrow(String kernel) {
        return kernel.contains("-DVECTOR_WIDTH=8 ");
    }

    private static ToLongFunction<String> narrowTakes(double share) {
        return kernel -> (long) ((isNarrow(kernel) ? share : 1) * 100 * MICROSECOND);
    }

    private static Tuned tune(SimulatedDevice device, long budget, BooleanSupplier stop) {
        try (Session session = new Session(device.port(), DEVICE)) {
            return new Tuner(session, device, stop, Tuner.Progress.NONE).tune(PROBLEM, budget);
        }
    }

    private static Tuned tune(SimulatedDevice device) {
        return tune(device, BUDGET, () -> false);
    }

    private static SimulatedDevice device() {
        return new SimulatedDevice(DEVICE);
    }

    @Test
    void theFastestPlanWins() {
        Tuned tuned = tune(device().launchesTake(narrowTakes(0.5)));
        assertEquals(Ending.FASTER, tuned.ending());
        assertEquals(8, tuned.plan().vectorWidth());
        assertEquals(16, tuned.heuristic().vectorWidth());
        assertEquals(50, tuned.microseconds());
        assertEquals(100, tuned.heuristicMicroseconds());
        assertEquals(2, tuned.gain());
        assertTrue(tuned.tried() > 5);
        Entry entry = tuned.entry(DEVICE, Instant.EPOCH);
        assertEquals(DEVICE.name(), entry.device());
        assertEquals(DEVICE.driver(), entry.driver());
        assertEquals(tuned.plan(), entry.plan());
        assertFalse(entry.isHeuristic());
    }

    @Test
    void theSearchGoesOnFromWhatItFound() {
        // Only both together are the fastest; each alone is a step.
        Tuned tuned = tune(device().launchesTake(kernel -> {
            double share = (isNarrow(kernel) ? 0.8 : 1) * (kernel.contains("-DNON_TEMPORAL=1") ? 0.8 : 1);
            return (long) (share * 100 * MICROSECOND);
        }));
        assertEquals(8, tuned.plan().vectorWidth());
        assertTrue(tuned.plan().nonTemporal());
        assertEquals(64, tuned.microseconds(), 1e-9);
    }

    @Test
    void whatNoiseCanDoIsNoVictory() {
        Tuned tuned = tune(device().launchesTake(narrowTakes(0.98)));
        assertEquals(Ending.HEURISTIC, tuned.ending());
        assertEquals(tuned.heuristic(), tuned.plan());
        assertEquals(tuned.heuristicMicroseconds(), tuned.microseconds());
        assertTrue(tuned.isMeasured());
        assertTrue(tuned.entry(DEVICE, Instant.EPOCH).isHeuristic());
    }

    @Test
    void aSearchThatCouldHardlyTryAnythingSaysNothing() {
        SimulatedDevice device = device().launchesTake(narrowTakes(0.5)).buildsTake(BUDGET);
        Tuned tuned = tune(device);
        assertEquals(Ending.OUT_OF_TIME, tuned.ending());
        assertFalse(tuned.isMeasured());
        assertEquals(tuned.heuristic(), tuned.plan());
    }

    @Test
    void theMemoryOfTheCopiesIsGivenBack() {
        FaultyOpenCl counting =
                new FaultyOpenCl(device().launchesTake(narrowTakes(1)).port());
        SimulatedDevice clock = device();
        try (Session session = new Session(counting.port(), DEVICE)) {
            new Tuner(session, clock, () -> true, Tuner.Progress.NONE).tune(PROBLEM, BUDGET);
            assertTrue(
                    counting.count("release Memory") >= 5,
                    counting.count("release Memory") + " of at least five buffers");
        }
    }

    @Test
    void aPlanThatIsFastNowAndThenDoesNotWin() {
        int[] launches = {0};
        Tuned tuned = tune(device().launchesTake(kernel -> isNarrow(kernel) && launches[0]++ % 3 != 0
                ? 99 * MICROSECOND
                : isNarrow(kernel) ? 10 * MICROSECOND : 100 * MICROSECOND));
        assertEquals(Ending.HEURISTIC, tuned.ending());
    }

    @Test
    void candidatesThatFailAreOutWithTheReason() {
        SimulatedDevice device = device().launchesTake(narrowTakes(0.5))
                .doesNotBuild(options -> options.contains("-DVECTOR_WIDTH=4 "))
                .doesNotRun(kernel -> kernel.contains("-DNON_TEMPORAL=1"))
                .isSmall(kernel -> kernel.contains("moments_of_blocks"));
        Tuned tuned = tune(device);
        assertEquals(Ending.FASTER, tuned.ending());
        assertEquals(8, tuned.plan().vectorWidth());
        assertTrue(tuned.rejected().stream()
                .anyMatch(out -> out.plan().vectorWidth() == 4 && out.reason().contains("CL_BUILD_PROGRAM_FAILURE")));
        assertTrue(tuned.rejected().stream()
                .anyMatch(out -> out.plan().nonTemporal() && out.reason().contains("CL_OUT_OF_RESOURCES")));
        assertTrue(
                tuned.rejected().stream().anyMatch(out -> out.reason().contains("work-groups of 0")),
                tuned.rejected().toString());
    }

    @Test
    void aCandidateThatFailsLaterIsOutToo() {
        int[] launches = {0};
        SimulatedDevice device =
                device().launchesTake(narrowTakes(0.5)).doesNotRun(kernel -> isNarrow(kernel) && launches[0]++ > 20);
        Tuned tuned = tune(device);
        assertEquals(Ending.HEURISTIC, tuned.ending());
        assertTrue(tuned.rejected().stream().anyMatch(out -> out.plan().vectorWidth() == 8));
    }

    @Test
    void otherBitsFailLoudly() {
        SimulatedDevice device = device().isWrong(TunerTest::isNarrow);
        DifferentBitsException e = assertThrows(DifferentBitsException.class, () -> tune(device));
        for (String words : List.of("vector 8", "another y", "first at element 0", "expected", "bug of the kernels")) {
            assertTrue(e.getMessage().contains(words), e.getMessage());
        }
    }

    @Test
    void noTimeAtAllIsNoVictory() {
        Tuned tuned = tune(device().launchesTake(kernel -> isNarrow(kernel) ? 0 : 100 * MICROSECOND));
        assertEquals(Ending.HEURISTIC, tuned.ending());
        assertTrue(tuned.rejected().stream().anyMatch(out -> out.reason().contains("implausible")), tuned.toString());
    }

    @Test
    void aBandwidthThatCannotBeIsNoVictory() {
        // A copy takes 100 us here: nothing takes less than a quarter.
        Tuned tuned = tune(device().launchesTake(narrowTakes(0.24)));
        assertEquals(Ending.HEURISTIC, tuned.ending());
        assertEquals(
                Ending.FASTER, tune(device().launchesTake(narrowTakes(0.26))).ending());
    }

    @Test
    void aClockThatStandsStillMeasuresNothing() {
        Tuned tuned = tune(device().launchesTake(kernel -> 0));
        assertEquals(Ending.IMPLAUSIBLE, tuned.ending());
        assertFalse(tuned.isMeasured());
    }

    @Test
    void losersAreDroppedEarly() {
        List<String> launched = new ArrayList<>();
        tune(device().launchesTake(kernel -> {
            launched.add(kernel);
            return (kernel.contains("-DVECTOR_WIDTH=4 ") ? 200 : 100) * MICROSECOND;
        }));
        long ofLoser = launched.stream()
                .filter(kernel -> kernel.contains("-DVECTOR_WIDTH=4 "))
                .count();
        assertTrue(ofLoser > 0 && ofLoser <= 12, ofLoser + " of " + launched.size());
    }

    @Test
    void theBudgetIsObeyed() {
        SimulatedDevice slow = device().buildsTake(BUDGET / 10).launchesTake(narrowTakes(0.5));
        tune(slow);
        assertTrue(slow.builds() < 14, slow.builds() + " builds");
        assertTrue(slow.getAsLong() < 2 * BUDGET, slow.getAsLong() / 1e9 + " s");
        SimulatedDevice fast = device().launchesTake(narrowTakes(0.5));
        tune(fast);
        assertTrue(fast.builds() > slow.builds());
        assertTrue(fast.getAsLong() < BUDGET + BUDGET / 5, fast.getAsLong() / 1e9 + " s");
    }

    @Test
    void whenItIsStoppedItKnowsNothing() {
        SimulatedDevice device = device().launchesTake(narrowTakes(0.5));
        Tuned tuned = tune(device, BUDGET, () -> device.builds() > 3);
        assertEquals(Ending.STOPPED, tuned.ending());
        assertFalse(tuned.isMeasured());
        assertEquals(tuned.heuristic(), tuned.plan());
    }

    @Test
    void progressIsTold() {
        List<String> told = new ArrayList<>();
        SimulatedDevice device = device();
        try (Session session = new Session(device.port(), DEVICE)) {
            Tuned tuned = new Tuner(session, device, () -> false, (plan, tried, known) -> told.add(tried + "/" + known))
                    .tune(PROBLEM, BUDGET);
            assertEquals(tuned.tried() + tuned.rejected().size() - 1, told.size());
            assertTrue(told.get(0).startsWith("1/"), told.toString());
        }
    }

    @Test
    void backwardToo() {
        BackwardProblem problem = new BackwardProblem(
                Geometries.layerNorm(new long[] {40, 96}, 96),
                Statistics.MEAN_AND_VARIANCE,
                ElementType.FLOAT32,
                ElementType.FLOAT32,
                Activation.NONE,
                true,
                true,
                false,
                false);
        SimulatedDevice device = device().launchesTake(narrowTakes(0.5));
        try (Session session = new Session(device.port(), DEVICE)) {
            Tuned tuned = new Tuner(session, device, () -> false, Tuner.Progress.NONE).tune(problem, BUDGET);
            assertEquals(Ending.FASTER, tuned.ending());
            assertTrue(tuned.grouping().backward());
            assertEquals(8, tuned.plan().vectorWidth());
            assertEquals(0, session.openBuffers() - scratchBuffers(session), "its tensors are given back");
        }
    }

    private static int scratchBuffers(Session session) {
        // What is kept for the next launch; no more than there are uses.
        assertTrue(session.openBuffers() <= 8, session.openBuffers() + " buffers");
        return session.openBuffers();
    }

    @Test
    void aDeviceWithLittleRoomHasFewerCopies() {
        assertEquals(1, Work.copies(1 << 20, TestInfo.with(DEVICE, "globalMemory", 1L << 20)));
        DeviceInfo gpu = TestInfo.GPU;
        assertEquals(128, Work.copies(1 << 20, gpu), "128 MiB in all");
        assertEquals(256, Work.copies(1000, gpu), "tiny tensors have a limit of their own");
        assertEquals(1, Work.copies(1L << 30, gpu));
        assertEquals(512, Work.copies(1 << 20, TestInfo.with(gpu, "globalCache", 128L << 20)) * 2, "four caches");
    }

    @Test
    void whatCannotBeAllocatedIsDoneWithout() {
        DeviceInfo device = TestInfo.with(DEVICE, "globalMemory", 64L << 20);
        FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(device, false));
        try (Session session = new Session(faulty.port(), device)) {
            // Weight, bias, three statistics, then pairs of x and y.
            faulty.fail("createBuffer", 10);
            try (Work work = Work.of(session, PROBLEM)) {
                assertEquals(2, work.copies());
            }
            session.trim();
            faulty.fail("createBuffer", 6);
            int before = session.openBuffers();
            assertThrows(ClException.class, () -> Work.of(session, PROBLEM));
            assertEquals(before, session.openBuffers());
        }
    }

    /** Real kernels: whatever is tried gives the same bits as the heuristic's plan. */
    @OnEveryDevice
    void everyCandidateGivesTheSameBits(Backend backend) {
        Session session = backend.session();
        List<ForwardProblem> problems = new ArrayList<>(List.of(PROBLEM));
        if (!TestDevices.isSlow(backend)) {
            problems.add(ForwardProblem.of(
                    Geometries.groupNorm(new long[] {2, 45, 12, 6}, 2, Layout.CHANNELS_LAST),
                    Statistics.MEAN_AND_VARIANCE,
                    ElementType.FLOAT32));
        }
        for (ForwardProblem problem : problems) {
            try (Work work = Work.of(session, problem)) {
                checkAll(work);
            }
            BackwardProblem gradient = new BackwardProblem(
                    problem.geometry(),
                    problem.statistics(),
                    problem.type(),
                    problem.real(),
                    Activation.NONE,
                    false,
                    true,
                    true,
                    true);
            if (!TestDevices.isSlow(backend)) {
                try (Work work = Work.of(session, gradient)) {
                    checkAll(work);
                }
            }
        }
    }

    private static void checkAll(Work work) {
        Plan heuristic = work.heuristic();
        Results results = new Results(work, heuristic);
        List<Plan> plans = new Candidates(
                        work.geometry,
                        work.session.device(),
                        plan -> work.againstRules(plan).isEmpty(),
                        work::predicted)
                .around(heuristic);
        assertTrue(plans.size() > 3, plans.toString());
        assertFalse(plans.contains(heuristic));
        for (Plan plan : plans) {
            assertNotEquals(heuristic, plan);
            if (work.problem(plan).isEmpty()) {
                results.check(plan);
            }
        }
    }
}
