package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Layer;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import java.io.IOException;
import java.io.Serializable;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkStatusTracker;
import org.apache.spark.TaskContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two executors to which Spark assigns one device: each worker asks a discovery script, and both scripts know a GPU {@code
 * 0}. The setting {@code spark.clnorm.device} makes that the first CPU device.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterDevicesTest {

    private static final String FIRST_CPU = "cpu,portable";

    // Its own folder: that of a test would be deleted before the workers end.
    @TempDir
    private static Path scripts;

    @TempDir
    private Path folder;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws IOException {
        Path script = Files.writeString(
                scripts.resolve("discover"), "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"0\"]}'\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        cluster = Cluster.ofTwoExecutors(Map.of(
                "spark.worker.resource.gpu.amount",
                "1",
                "spark.worker.resource.gpu.discoveryScript",
                script.toString(),
                "spark.executor.resource.gpu.amount",
                "1",
                "spark.task.resource.gpu.amount",
                "1",
                AssignedDevice.SELECTOR,
                FIRST_CPU));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void bothExecutorsAreThere() {
        cluster.awaitExecutors(2);
    }

    private static float[] values(int seed) {
        float[] values = new float[2 * 4 * 33];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(seed + 0.37 * i);
        }
        return values;
    }

    private static float[] normalized(Backend backend, int seed) {
        try (Layer layer = NormSpec.groupNorm(2, 4).on(backend);
                Tensor x = backend.tensor(values(seed), 2, 4, 33);
                Tensor y = layer.infer(x)) {
            return y.toFloats();
        }
    }

    /** A task's executor, assigned address and device, and a hash of its result's bits. */
    private record Result(String executor, String address, String device, int seed, int bits) implements Serializable {}

    private static Result task(int seed) {
        int bits = 0;
        // So that the tasks of both executors usually overlap.
        for (int i = 0; i < 20; i++) {
            bits = Arrays.hashCode(normalized(ExecutorBackends.ofTask(), seed));
        }
        return new Result(
                SparkEnv.get().executorId(),
                String.join(",", TaskContext.get().resourcesJMap().get("gpu").addresses()),
                AssignedDevice.ofTask().selector(),
                seed,
                bits);
    }

    @Test
    void bothExecutorsComputeOnGpuZeroWithTheSameBits() {
        List<Integer> seeds = IntStream.range(0, 12).boxed().toList();
        List<Result> results = cluster.context()
                .parallelize(seeds, seeds.size())
                .map(ClusterDevicesTest::task)
                .collect();
        assertEquals(seeds, results.stream().map(Result::seed).toList());
        assertEquals(2, results.stream().map(Result::executor).distinct().count(), results.toString());
        DeviceInfo device = DeviceSelector.parse(FIRST_CPU).select();
        try (Backend here = Backend.open(device)) {
            for (Result result : results) {
                assertEquals("0", result.address);
                assertEquals(device.selector(), result.device);
                assertEquals(Arrays.hashCode(normalized(here, result.seed)), result.bits);
            }
        }
    }

    private ClusterBench bench() {
        return ClusterBench.on(cluster.session().sparkContext())
                .devices(FIRST_CPU)
                .measure(new SmallMeasure());
    }

    private static List<Integer> ports() {
        return ExecutorAddress.known(cluster.session().sparkContext()).stream()
                .map(ExecutorAddress::port)
                .sorted()
                .toList();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void twoMachinesAreComparedInOneReport() throws IOException {
        int first = ports().get(0);
        ClusterReport report = bench().names((host, port) -> port == first ? "node-a" : "node-b.example.org")
                .machines(List.of("NODE-B", "node-a", "node-c"))
                .run(folder.toString());
        assertEquals(
                List.of("node-a 0:0", "node-b.example.org 0:0"),
                report.devices().stream()
                        .map(device -> device.machine() + " " + device.address())
                        .toList());
        assertEquals(Map.of(), report.problems());
        assertEquals(Map.of("node-c", "the application has no executor on it"), report.notReached());
        assertEquals(List.of("comparison.html", "node-a-0-0.json", "node-b.example.org-0-0.json"), files());
        for (ClusterReport.Device device : report.devices()) {
            assertEquals("", device.problem());
            String json = Files.readString(Path.of(URI.create(device.file())));
            assertTrue(json.contains("\"kind\" : \"bench\"") && json.contains("\"gb_per_s\""), json);
        }
        assertTrue(report.page().endsWith("/comparison.html"), report.page());
        String page = Files.readString(folder.resolve("comparison.html"));
        for (String text : List.of(
                "node-a-0-0.json",
                "node-b.example.org-0-0.json",
                "node-c was not reached: the application has no executor on it")) {
            assertTrue(page.contains(text), text);
        }
    }

    /** With a budget of a nanosecond every pass is skipped. */
    @Test
    void aSuiteIsMeasuredUnderSparksNameOfTheHost() throws IOException {
        ClusterReport report = ClusterBench.on(cluster.session().sparkContext())
                .devices(FIRST_CPU)
                .suites("awkward")
                .budget(Duration.ofNanos(1))
                .run(folder.toString());
        assertEquals(1, report.devices().size());
        // Spark's name of this host is localhost if the process had a context in local mode before.
        String host = report.devices().get(0).machine();
        assertTrue(Set.of("127.0.0.1", "localhost").contains(host), host);
        assertEquals(Map.of(), report.notReached());
        String json = Files.readString(folder.resolve(host + "-0-0.json"));
        assertTrue(json.contains("\"suites\" : [ \"awkward\" ]") && json.contains("\"skipped\""), json);
    }

    @Test
    void executorsOfOneMachineMeasureADeviceOnce() throws IOException {
        Path log = folder.resolve("measured");
        String name = log.toString();
        ClusterReport report = bench().names((host, port) -> "one")
                .measure((device, stop) -> {
                    Files.writeString(
                            Path.of(name),
                            device.selector() + "\n",
                            StandardOpenOption.CREATE,
                            StandardOpenOption.APPEND);
                    return new SmallMeasure().json(device, stop);
                })
                .run(folder.resolve("results").toString());
        assertEquals(1, report.devices().size());
        assertEquals(List.of("0:0"), Files.readAllLines(log));
    }

    // Last: a new executor takes the place of each that ends.
    @Test
    @Order(Integer.MAX_VALUE)
    void aDriverThatEndsItsProcessIsNamedAndDoesNotEndTheRun() throws IOException {
        ClusterReport report = bench().names((host, port) -> "crashing")
                .measure((device, stop) -> {
                    Runtime.getRuntime().halt(1);
                    return "";
                })
                .run(folder.toString());
        assertEquals(1, report.devices().size());
        ClusterReport.Device device = report.devices().get(0);
        assertEquals("crashing", device.machine());
        assertTrue(
                device.problem().startsWith("the process ended while it was measured: its driver ("), device.problem());
        String page = Files.readString(folder.resolve("comparison.html"));
        assertTrue(page.contains("crashing-0-0.json: "), page);
        assertTrue(page.contains("the process ended while it was measured"), page);
    }

    @Test
    void aMachineThatDoesNotAnswerIsNamed() throws IOException {
        int first = ports().get(0);
        SparkStatusTracker status = cluster.session().sparkContext().statusTracker();
        AtomicBoolean answered = new AtomicBoolean();
        ClusterReport report = bench().names((host, port) -> port == first ? "hanging" : "answering")
                .measure((device, stop) -> {
                    while (ExecutorAddress.own().port() == first && !stop.getAsBoolean()) {
                        Thread.onSpinWait();
                    }
                    return new SmallMeasure().json(device, stop);
                })
                .within(Duration.ofSeconds(20))
                // The time is over when the other one has answered.
                .clock(() -> {
                    for (int stage : status.getActiveStageIds()) {
                        if (status.getStageInfo(stage).get().numCompletedTasks() > 0) {
                            answered.set(true);
                        }
                    }
                    return answered.get() ? Duration.ofSeconds(21).toNanos() : 0;
                })
                .run(folder.toString());
        assertEquals(Map.of("hanging", "no executor of it answered within 20 s"), report.notReached());
        assertEquals(
                List.of("answering"),
                report.devices().stream().map(ClusterReport.Device::machine).toList());
    }

    @Test
    void machinesWithoutADeviceAreNamedWithTheirReason() {
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> bench().devices("frobnicator")
                .names((host, port) -> "node")
                .run(folder.toString()));
        assertTrue(
                e.getMessage()
                        .startsWith("no machine was measured: node was not measured: no OpenCL device matches"
                                + " 'frobnicator'. There is: "),
                e.getMessage());
    }

    @Test
    void aFolderThatCannotBeWrittenToIsRefusedBeforeAMachineIsAsked() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThrows(IOException.class, () -> bench().run(file.toString()));
    }
}
