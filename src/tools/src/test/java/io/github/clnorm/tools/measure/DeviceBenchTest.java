package io.github.clnorm.tools.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.NormSpec;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.Planner;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.timing.FakeClock;
import io.github.clnorm.internal.timing.Spread;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How measurements are processed, with artificial clocks: no test waits for a real one. */
@Tag("slow")
@Tag("device")
class DeviceBenchTest {

    private static final Set<Direction> BOTH = EnumSet.allOf(Direction.class);
    private static final Workload TINY = Workload.groupNorm(2, 2, 6, 5, 3);
    // Enough readings of the clock for some rounds.
    private static final long BUDGET = 300;

    private static DeviceBench bench(Backend backend, long step) {
        return new DeviceBench(backend, BUDGET, new FakeClock(step), () -> false);
    }

    @OnEveryDevice
    void everyOperationHasItsFigures(Backend backend) {
        int open = backend.session().openBuffers();
        List<Workload> workloads = List.of(
                TINY,
                TINY.in(ElementType.FLOAT32, Layout.CHANNELS_LAST),
                TINY.in(ElementType.FLOAT16, Layout.CHANNELS_FIRST),
                Workload.of(NormSpec.Kind.INSTANCE_NORM, 2, 3, 40),
                Workload.of(NormSpec.Kind.BATCH_NORM, 4, 3, 40),
                Workload.of(NormSpec.Kind.LAYER_NORM, 5, 30),
                Workload.of(NormSpec.Kind.RMS_NORM, 5, 30),
                TINY.with(Additions.parse("scale_shift silu")),
                TINY.in(ElementType.FLOAT16, Layout.CHANNELS_LAST).with(Additions.parse("scale_shift gelu")),
                Workload.of(NormSpec.Kind.LAYER_NORM, 2, 5, 30).with(Additions.parse("no_parameters scale_shift")),
                Workload.of(NormSpec.Kind.RMS_NORM, 5, 30)
                        .with(Additions.parse("residual weight_only weight_offset=1")));
        for (Workload workload : workloads) {
            List<BenchRow> rows = bench(backend, 1).run(workload, BOTH);
            assertEquals(
                    List.of(Direction.FORWARD, Direction.BACKWARD),
                    rows.stream().map(BenchRow::direction).toList());
            for (BenchRow row : rows) {
                String text = workload + ", " + row;
                assertEquals(RowStatus.OK, row.status(), text);
                Figures figures = row.figures();
                double rounding = workload.type() == ElementType.FLOAT16 ? 6e-4 : 2e-5;
                assertTrue(figures.error() > 0 && figures.error() < rounding, text);
                assertTrue(figures.launches() >= 1, text);
                assertNotNull(figures.plan(), text);
                // With this clock everything takes one step: a pass moves more than a copy in the same time.
                assertEquals(0.001, figures.time().median(), text);
                assertEquals(0.001, figures.copy().median(), text);
                assertEquals(workload.transits(row.direction()) / 2.0, figures.share(), 1e-9, text);
                assertEquals(
                        workload.transits(row.direction()) * (double) workload.bytes(),
                        figures.gigabytesPerSecond(),
                        1e-6,
                        text);
                assertTrue(figures.time().samples() >= 3, text);
                assertEquals(0, figures.implausible(), text);
            }
            assertEquals(rows.get(0).figures().copy(), rows.get(1).figures().copy(), "one copy for both");
        }
        assertTrue(backend.session().openBuffers() - open <= 8, "only scratch memory is kept");
    }

    @Test
    void whatTuningFoundIsHeldAgainstTheHeuristics() {
        DeviceInfo device = TestDevices.first().device();
        try (Backend backend = new Backend(new Session(JoclOpenCl.open(device, true), device))) {
            Planner planner = backend.session().planner();
            Plan found = Plan.resident(1, 2);
            assertNotEquals(found, planner.heuristic(TINY.problem()));
            planner.use(problem -> problem instanceof ForwardProblem ? List.of(found) : List.of());
            List<BenchRow> rows = bench(backend, 1).run(TINY, BOTH);
            Figures forward = rows.get(0).figures();
            assertEquals(found, forward.plan());
            assertEquals(planner.heuristic(TINY.problem()), forward.heuristic().plan());
            assertEquals(0.001, forward.heuristic().time().median());
            assertNull(rows.get(1).figures().heuristic(), "the heuristics' own plan ran");
            assertEquals(
                    planner.heuristic(TINY.gradientProblem()),
                    rows.get(1).figures().plan());
        }
    }

    @OnEveryDevice
    void workspaceIsThatOfThePass(Backend backend) {
        // Channels last takes three launches, with the moments of columns in between.
        BenchRow last = bench(backend, 1)
                .run(Workload.groupNorm(2, 1, 8, 20, 20).in(ElementType.FLOAT32, Layout.CHANNELS_LAST), BOTH)
                .get(0);
        assertTrue(last.figures().workspaceBytes() > 0, last.toString());
        assertTrue(last.figures().launches() >= 3, last.toString());
    }

    @OnEveryDevice
    void onlyWhatWasAskedFor(Backend backend) {
        List<BenchRow> rows = bench(backend, 1).run(TINY, EnumSet.of(Direction.BACKWARD));
        assertEquals(
                List.of(Direction.BACKWARD),
                rows.stream().map(BenchRow::direction).toList());
    }

    @OnEveryDevice
    void aTypeThatTheDeviceLacksIsUnsupported(Backend backend) {
        BenchRow row = bench(backend, 1)
                .run(TINY.in(ElementType.FLOAT64, Layout.CHANNELS_FIRST), BOTH)
                .get(0);
        if (backend.device().fp64()) {
            assertTrue(row.figures().error() < 1e-13, row.toString());
        } else {
            assertEquals(RowStatus.UNSUPPORTED, row.status());
            assertTrue(row.reason().contains("float64 is not available"), row.reason());
            assertNull(row.figures());
        }
    }

    @Test
    void aTensorBeyondTheLargestBufferIsUnsupported() {
        BenchRow row = bench(TestDevices.first(), 1)
                .run(Workload.groupNorm(1, 1 << 20, 1, 1 << 20), BOTH)
                .get(1);
        assertEquals(RowStatus.UNSUPPORTED, row.status());
        assertTrue(row.reason().contains("largest buffer"), row.reason());
    }

    @Test
    void aClockThatStandsStillMeasuresNothing() {
        for (BenchRow row : bench(TestDevices.first(), 0).run(TINY, BOTH)) {
            assertEquals(RowStatus.ERROR, row.status());
            assertTrue(row.reason().contains("is plausible"), row.reason());
        }
    }

    @Test
    void whatTakesTooLongIsSkippedWithItsTime() {
        BenchRow row = bench(TestDevices.first(), 2 * BUDGET).run(TINY, BOTH).get(0);
        assertEquals(RowStatus.SKIPPED, row.status());
        assertTrue(row.reason().contains("pass takes"), row.reason());
    }

    /**
     * Forward is launched once, and backward with per-element parameters three times: with a clock that advances at
     * each launch, only backward is too slow.
     */
    @Test
    void onlyThePassThatTakesTooLongIsSkipped() {
        long[] now = {0};
        var device = TestDevices.first().device();
        OpenCl real = JoclOpenCl.open(device, true);
        OpenCl ticking = (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    now[0] += method.getName().equals("enqueue") ? 1_500_000 : 0;
                    return method.invoke(real, arguments);
                });
        try (Backend backend = new Backend(new Session(ticking, device))) {
            List<BenchRow> rows = new DeviceBench(backend, 2_000_000, () -> now[0], () -> false)
                    .run(Workload.of(NormSpec.Kind.LAYER_NORM, 40, 64), BOTH);
            assertEquals(RowStatus.OK, rows.get(0).status(), rows.get(0).reason());
            assertEquals(RowStatus.SKIPPED, rows.get(1).status());
            assertEquals(
                    "a pass takes 4.5 ms, and the workload has 2.0 ms",
                    rows.get(1).reason());
        }
    }

    /**
     * Records what is enqueued between two readings of the clock. Each timed task - a pass, the heuristics' pass, or a
     * copy - follows an equal one without a reading in between.
     */
    @Test
    void everyTimedCallFollowsOneOfItsOwn() {
        List<List<Object>> calls = new ArrayList<>(List.of(new ArrayList<>()));
        long[] now = {0};
        var device = TestDevices.first().device();
        OpenCl real = JoclOpenCl.open(device, true);
        OpenCl recorded = (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("enqueue")) {
                        calls.get(calls.size() - 1).add(arguments[0]);
                    }
                    return method.invoke(real, arguments);
                });
        try (Backend backend = new Backend(new Session(recorded, device))) {
            DeviceBench bench = new DeviceBench(
                    backend,
                    BUDGET,
                    () -> {
                        calls.add(new ArrayList<>());
                        return now[0]++;
                    },
                    () -> false);
            assertEquals(RowStatus.OK, bench.run(TINY, BOTH).get(1).status());
        }
        calls.removeIf(List::isEmpty);
        assertTrue(calls.size() > 50, calls.size() + " calls");
        // The first four belong to the passes alone; the fifth is compared with float64.
        for (int i = 5; i + 1 < calls.size(); i++) {
            assertTrue(
                    endsWith(calls.get(i - 1), calls.get(i)) || endsWith(calls.get(i), calls.get(i + 1)),
                    "call " + i + " of " + calls.size() + " follows another's");
        }
    }

    private static boolean endsWith(List<Object> calls, List<Object> end) {
        return calls.size() >= end.size()
                && calls.subList(calls.size() - end.size(), calls.size()).equals(end);
    }

    @Test
    void whatIsNotMeasuredWhenItIsStoppedIsSkipped() {
        boolean[] stop = {false};
        DeviceBench bench = new DeviceBench(TestDevices.first(), BUDGET, new FakeClock(1), () -> stop[0]);
        assertEquals(RowStatus.OK, bench.run(TINY, BOTH).get(0).status());
        stop[0] = true;
        assertEquals(RowStatus.SKIPPED, bench.run(TINY, BOTH).get(0).status());
        assertNull(bench.emptyLaunch(), "no figure is better than an invented one");
    }

    @Test
    void aDriverThatFailsIsAnErrorOfThatRowAlone() {
        var device = TestDevices.first().device();
        for (String call : List.of("createBuffer", "write", "build", "enqueue", "finish", "read")) {
            FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(device, true));
            try (Backend backend = new Backend(new Session(faulty.port(), device))) {
                DeviceBench bench = bench(backend, 1);
                faulty.fail(call, 2);
                BenchRow row = bench.run(TINY, BOTH).get(0);
                assertEquals(RowStatus.ERROR, row.status(), call);
                assertTrue(row.reason().contains("CL_OUT_OF_RESOURCES"), row.reason());
                faulty.heal();
                assertEquals(RowStatus.OK, bench.run(TINY, BOTH).get(0).status(), call);
            }
        }
    }

    @Test
    void withoutACopyThereIsNoLimit() {
        var device = TestDevices.first().device();
        OpenCl real = JoclOpenCl.open(device, true);
        OpenCl withoutCopies = (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("createKernel") && arguments[1].equals("copy")) {
                        throw new ClException(-46, "clCreateKernel", "a device that cannot copy");
                    }
                    return method.invoke(real, arguments);
                });
        try (Backend backend = new Backend(new Session(withoutCopies, device))) {
            for (BenchRow row : bench(backend, 1).run(TINY, BOTH)) {
                assertEquals(RowStatus.ERROR, row.status());
                assertTrue(row.reason().contains("no copy"), row.reason());
            }
        }
    }

    @OnEveryDevice
    void anEmptyLaunchHasATime(Backend backend) {
        Spread spread = bench(backend, 7).emptyLaunch();
        assertEquals(0.007, spread.median());
        assertFalse(spread.samples() > 300);
    }
}
