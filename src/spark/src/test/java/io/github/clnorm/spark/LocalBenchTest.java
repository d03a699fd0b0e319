package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalBenchTest {

    @TempDir
    private Path folder;

    @Test
    void theDriverOfLocalModeIsAMachine() throws IOException {
        try (Cluster cluster = Cluster.local()) {
            SparkContext context = cluster.session().sparkContext();
            ClusterReport report = ClusterBench.on(context)
                    .measure(new SmallMeasure())
                    .devices("cpu,portable")
                    .run(folder.toString());
            assertEquals(1, report.devices().size());
            assertEquals(ExecutorAddress.own().host(), report.devices().get(0).machine());
            assertEquals(Map.of(), report.notReached());

            // Refused before a machine is asked.
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> ClusterBench.run(context, "quickest", folder.toString()))
                    .getMessage();
            assertTrue(message.startsWith("unknown suite 'quickest': expected quick, "), message);
            ClusterBench bench = ClusterBench.on(context);
            assertThrows(IllegalArgumentException.class, () -> bench.budget(Duration.ZERO));
            assertThrows(IllegalArgumentException.class, () -> bench.within(Duration.ofSeconds(-1)));
            assertThrows(IllegalArgumentException.class, () -> bench.devices("gpu,,cpu"));
            assertThrows(IllegalArgumentException.class, bench::suites);
            assertThrows(IllegalArgumentException.class, () -> bench.machines(List.of("node1", " ")));
            assertEquals(
                    "time",
                    assertThrows(NullPointerException.class, () -> bench.within(null))
                            .getMessage());
        }
    }

    @Test
    void aMachineMayBeNamedWithAndWithoutItsDomain() {
        for (List<String> same : List.of(
                List.of("node7", "node7"), List.of("Node7", "node7.example.org"), List.of("node7.a.b", "node7.a"))) {
            assertTrue(MachineAnswers.isSame(same.get(0), same.get(1)), same.toString());
            assertTrue(MachineAnswers.isSame(same.get(1), same.get(0)), same.toString());
        }
        for (List<String> unlike : List.of(
                List.of("node7", "node70"),
                List.of("node7.a", "node7.b"),
                List.of("10.0.0.1", "10.0.0.12"),
                List.of("10", "10.0.0.1"),
                List.of("", "node7"))) {
            assertEquals(false, MachineAnswers.isSame(unlike.get(0), unlike.get(1)), unlike.toString());
            assertEquals(false, MachineAnswers.isSame(unlike.get(1), unlike.get(0)), unlike.toString());
        }
    }

    @Test
    void aMissingClassIsNamedWithTheJarsToPass() {
        Throwable missing = new NoClassDefFoundError("io/github/clnorm/reference/Reference")
                .initCause(new ClassNotFoundException("io.github.clnorm.reference.Reference"));
        String problem = MachineTask.problem(missing);
        assertTrue(
                problem.startsWith("the executor has no class io.github.clnorm.reference.Reference. Pass clnorm-spark's"
                        + " jar and all its dependencies to spark-submit --jars: "),
                problem);
        assertEquals(
                "java.lang.UnsatisfiedLinkError: no JOCL in java.library.path",
                MachineTask.problem(new UnsatisfiedLinkError("no JOCL in java.library.path")));
        assertEquals("no OpenCL", MachineTask.problem(new IllegalStateException("no OpenCL")));
    }
}
