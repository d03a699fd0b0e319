package io.github.clnorm.internal.tune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.internal.runtime.KernelSource;
import io.github.clnorm.internal.runtime.LaunchTimes;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.Geometries;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import io.github.clnorm.type.Tuning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a session does with a database. */
@Tag("device")
class TunedPlansTest {

    private static final long[] SHAPE = {8, 8, 40};
    private static final ForwardProblem PROBLEM = ForwardProblem.of(
            Geometries.groupNorm(SHAPE, 4, Layout.CHANNELS_FIRST), Statistics.MEAN_AND_VARIANCE, ElementType.FLOAT32);
    private static final Grouping GROUPING = Grouping.of(PROBLEM).orElseThrow();
    private static final DeviceInfo DEVICE = TestInfo.with(TestDevices.first().device(), "globalMemory", 1L << 20);
    private static final Plan TUNED = Plan.split(1, 4, 1).withMergeLaunch(true);

    @TempDir
    private Path folder;

    private TuningDatabase database;

    @BeforeEach
    void setUp() {
        database = TuningDatabase.at(folder.resolve("tuning.json"));
    }

    private static Entry entry(DeviceInfo device, Grouping grouping, Plan plan) {
        return Entries.withKernels(Entries.of(device, grouping, plan), KernelSource.hash());
    }

    private static Session session(SimulatedDevice device) {
        return new Session(device.port(), DEVICE);
    }

    /** The plan of a new session. */
    private Plan plan(Tuning tuning) {
        SimulatedDevice device = new SimulatedDevice(DEVICE);
        try (Session session = session(device)) {
            TunedPlans.use(session, tuning, database, device);
            return session.planner().plan(PROBLEM);
        }
    }

    private static Plan heuristic() {
        try (Session session = session(new SimulatedDevice(DEVICE))) {
            return session.planner().heuristic(PROBLEM);
        }
    }

    @Test
    void whatWasTunedRunsUnlessItIsOff() throws IOException {
        assertEquals(heuristic(), plan(Tuning.CACHED));
        database.add(List.of(entry(DEVICE, GROUPING, TUNED)));
        assertNotEquals(TUNED, heuristic());
        assertEquals(TUNED, plan(Tuning.CACHED));
        assertEquals(TUNED, plan(Tuning.NOW), "known already: no search");
        assertEquals(heuristic(), plan(Tuning.OFF));
    }

    @Test
    void whatIsNotLegalHereIsSkipped() throws IOException {
        Grouping near = new Grouping(
                GROUPING.operation(),
                false,
                GROUPING.layout(),
                GROUPING.type(),
                GROUPING.samples(),
                GROUPING.sets(),
                GROUPING.setSize() + 2,
                GROUPING.channels());
        database.add(List.of(
                entry(DEVICE, GROUPING, Plan.resident(1 << 20, 16)),
                entry(DEVICE, near, Plan.tiled(1, 16)),
                Entries.withDriver(entry(DEVICE, GROUPING, TUNED), "another")));
        assertEquals(TUNED, plan(Tuning.CACHED));
        database.add(List.of(Entries.withDriver(
                Entries.withDate(entry(DEVICE, GROUPING, Plan.tiled(1, 8)), Entries.DATE.plusSeconds(1)), "another")));
        assertEquals(heuristic(), plan(Tuning.CACHED));
    }

    @Test
    void whatDoesNotBuildHereIsSkipped() throws IOException {
        database.add(List.of(entry(DEVICE, GROUPING, TUNED)));
        SimulatedDevice device =
                new SimulatedDevice(DEVICE).doesNotBuild(options -> options.contains("-DVECTOR_WIDTH=4 "));
        try (Session session = session(device)) {
            TunedPlans.use(session, Tuning.CACHED, database, device);
            assertEquals(session.planner().heuristic(PROBLEM), session.planner().plan(PROBLEM));
        }
    }

    @Test
    void anotherDevicesDatabaseIsHarmless() throws IOException {
        database.add(
                List.of(entry(TestInfo.GPU, GROUPING, Plan.resident(1024, 1).withSecondRead(SecondRead.LOCAL))));
        assertEquals(heuristic(), plan(Tuning.CACHED));
    }

    @Test
    void whereTheHeuristicWonNearbyItIsTrusted() throws IOException {
        Grouping near = new Grouping(
                GROUPING.operation(),
                false,
                GROUPING.layout(),
                GROUPING.type(),
                GROUPING.samples(),
                GROUPING.sets(),
                GROUPING.setSize() + 2,
                GROUPING.channels());
        database.add(List.of(
                Entries.withTimes(entry(DEVICE, near, TUNED), 100, 100),
                Entries.withDriver(entry(DEVICE, GROUPING, TUNED), "another")));
        assertEquals(heuristic(), plan(Tuning.CACHED));
    }

    @Test
    void aDamagedDatabaseIsNone() throws IOException {
        Files.writeString(folder.resolve("tuning.json"), "{");
        assertEquals(heuristic(), plan(Tuning.CACHED));
    }

    @Test
    void nowSearchesOnceAndStores() {
        SimulatedDevice device = new SimulatedDevice(DEVICE)
                .launchesTake(kernel -> kernel.contains("-DVECTOR_WIDTH=8 ") ? 50_000 : 100_000);
        try (Session session = session(device)) {
            TunedPlans.use(session, Tuning.NOW, database, device);
            Plan plan = session.planner().plan(PROBLEM);
            assertEquals(8, plan.vectorWidth());
            int builds = device.builds();
            assertEquals(plan, session.planner().plan(PROBLEM));
            assertEquals(builds, device.builds(), "chosen once");
            assertEquals(
                    List.of(plan), database.entries().stream().map(Entry::plan).toList());
            assertEquals(plan, plan(Tuning.CACHED), "and there for the next");
        }
    }

    @Tag("slow")
    @Test
    void nowSearchesWhereWhatIsStoredCannotRun() throws IOException {
        SimulatedDevice device = new SimulatedDevice(DEVICE)
                .launchesTake(kernel -> kernel.contains("-DVECTOR_WIDTH=8 ") ? 50_000 : 100_000);
        database.add(List.of(Entries.withKernels(
                Entries.of(DEVICE, Grouping.of(PROBLEM).orElseThrow(), Plan.tiled(1, 16)), KernelSource.hash())));
        try (Session session = session(device)) {
            TunedPlans.use(session, Tuning.NOW, database, device);
            assertEquals(8, session.planner().plan(PROBLEM).vectorWidth());
        }
    }

    @Test
    void nowNeverBreaksARun() throws IOException {
        // No room for tensors, and no place to store what is found.
        SimulatedDevice broken = new SimulatedDevice(DEVICE).doesNotRun(kernel -> true);
        try (Session session = session(broken)) {
            TunedPlans.use(session, Tuning.NOW, database, broken);
            assertEquals(session.planner().heuristic(PROBLEM), session.planner().plan(PROBLEM));
            assertEquals(List.of(), database.entries());
        }
        Path below = Files.writeString(folder.resolve("file"), "").resolve("tuning.json");
        SimulatedDevice device = new SimulatedDevice(DEVICE)
                .launchesTake(kernel -> kernel.contains("-DVECTOR_WIDTH=8 ") ? 50_000 : 100_000);
        try (Session session = session(device)) {
            TunedPlans.use(session, Tuning.NOW, TuningDatabase.at(below), device);
            assertEquals(8, session.planner().plan(PROBLEM).vectorWidth());
        }
    }

    /** Through the API, with a queue whose launches are timed: only the pass itself is counted, and the bits are the same. */
    @Test
    void aUserSeesNoneOfIt() throws IOException {
        DeviceInfo device = TestDevices.first().device();
        database.add(List.of(entry(device, GROUPING, TUNED)));
        float[] values = Values.normal(5, 8 * 8 * 40, 1, 2);
        float[][] results = new float[2][];
        for (Tuning tuning : List.of(Tuning.OFF, Tuning.CACHED)) {
            try (Backend backend = new Backend(new Session(JoclOpenCl.open(device, true), device))) {
                TunedPlans.use(backend.session(), tuning, database);
                Tensor x = backend.tensor(values, SHAPE);
                GroupNorm norm = GroupNorm.of(backend, 4, 8);
                Tensor[] y = new Tensor[1];
                LaunchTimes times = backend.session().timed(() -> y[0] = norm.forward(x));
                assertEquals(
                        tuning == Tuning.CACHED,
                        times.plan().equals(TUNED),
                        times.plan().toString());
                results[tuning == Tuning.OFF ? 0 : 1] = y[0].toFloats();
            }
        }
        assertArrayEquals(results[0], results[1]);
    }

    @Test
    void launchesOfASearchAreNotTimed() {
        SimulatedDevice device = new SimulatedDevice(DEVICE);
        try (Session session = session(device)) {
            TunedPlans.use(session, Tuning.NOW, database, device);
            LaunchTimes times = session.timed(() -> session.planner().plan(PROBLEM));
            assertEquals(0, times.launches());
            assertFalse(database.entries().isEmpty());
        }
    }

    @Test
    void backendsTakeTheSwitch() {
        try (Backend backend = Backend.open(TestDevices.first().device(), Tuning.OFF)) {
            assertEquals(
                    backend.session().planner().heuristic(PROBLEM),
                    backend.session().planner().plan(PROBLEM));
        }
        try (Backend backend = Backend.open(TestDevices.first().device())) {
            assertTrue(backend.session().planner().plan(PROBLEM).workGroupSize() >= 1);
        }
    }
}
