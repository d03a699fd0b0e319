package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Fingerprint;
import io.github.clnorm.device.DeviceSelector;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import scala.Function1;
import scala.collection.Iterator;
import scala.reflect.ClassTag$;

/** Executors in processes of their own. */
class ClusterNormalizationTest {
    private static final int COUNT = 23;
    private static final String PLUGIN = "io.github.clnorm.spark.ClnormPlugin";

    private static Cluster cluster;
    private static List<double[]> expected;

    @BeforeAll
    static void open() {
        expected = Samples.expected(COUNT);
        cluster =
                Cluster.ofTwoExecutors(Map.of("spark.plugins", PLUGIN, "spark.executorEnv.RUSTICL_ENABLE", "llvmpipe"));
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    private interface OnExecutor<T> extends Serializable {
        T run();
    }

    /** The results of a task on each of the two executors, which run at the same time. */
    private static <T> List<T> onEachExecutor(Class<T> type, OnExecutor<T> task) {
        cluster.awaitExecutors(2);
        Function1<Iterator<Integer>, Iterator<T>> barrier =
                (Function1<Iterator<Integer>, Iterator<T>> & Serializable) numbers -> {
                    org.apache.spark.BarrierTaskContext.get().barrier();
                    return scala.jdk.javaapi.CollectionConverters.asScala(
                            List.of(task.run()).iterator());
                };
        return new JavaRDD<>(
                        cluster.context()
                                .parallelize(List.of(0, 1), 2)
                                .rdd()
                                .barrier()
                                .mapPartitions(barrier, false, ClassTag$.MODULE$.apply(type)),
                        ClassTag$.MODULE$.apply(type))
                .collect();
    }

    /** Gives the executors devices by selectors; null gives the usual one. */
    private static void assign(String first, String second) {
        onEachExecutor(String.class, () -> {
            String selector = TaskContext.getPartitionId() == 0 ? first : second;
            ExecutorBackends.assignment = selector == null
                    ? AssignedDevice::ofTask
                    : () -> DeviceSelector.parse(selector).select();
            return "";
        });
    }

    @Test
    void bothExecutorsGiveTheBitsOfTheLibraryForAnyNumberOfPartitions() {
        for (int partitions : new int[] {1, 3, 7}) {
            NormalizedRows result = Samples.normalize(Samples.floatRows(cluster.session(), COUNT, partitions))
                    .batch(2)
                    .requireSameDevice()
                    .normalized();
            NormalizationTest.assertBits(expected, Samples.results(result.rows(), "y"));
            assertEquals(COUNT, result.report().allSamples());
            assertEquals(1, result.report().samples().size());
        }
    }

    /** Rows whose first task of partition 1 ends its process after some rows. */
    private static Dataset<Row> rowsOfAnExecutorThatDies() {
        List<Integer> numbers = IntStream.range(0, COUNT).boxed().toList();
        JavaRDD<Row> rows = cluster.context().parallelize(numbers, 3).map(number -> {
            TaskContext task = TaskContext.get();
            if (task.partitionId() == 1 && task.attemptNumber() == 0 && number % 8 == 5) {
                Runtime.getRuntime().halt(9);
            }
            return RowFactory.create(number, Samples.floats(Samples.sample(number)));
        });
        StructType schema = new StructType()
                .add("id", DataTypes.IntegerType)
                .add("x", DataTypes.createArrayType(DataTypes.FloatType));
        return cluster.session().createDataFrame(rows, schema);
    }

    @Test
    void anExecutorThatDiesInATaskChangesNothing() {
        Set<String> before = new TreeSet<>(onEachExecutor(String.class, ExecutorBackends::thisExecutor));
        NormalizedRows result =
                Samples.normalize(rowsOfAnExecutorThatDies()).batch(2).normalized();
        List<Row> rows = result.rows().collectAsList();
        assertEquals(
                IntStream.range(0, COUNT).boxed().toList(),
                rows.stream().map(row -> row.<Integer>getAs("id")).toList());
        for (Row row : rows) {
            assertArrayEquals(expected.get(row.getAs("id")), Samples.doubles(row, "y"));
        }
        assertEquals(COUNT, result.report().allSamples());
        Set<String> after = new TreeSet<>(onEachExecutor(String.class, ExecutorBackends::thisExecutor));
        assertTrue(!after.equals(before), "no executor died: " + after);
    }

    @Test
    void theReportSaysHowManySamplesEachDeviceComputed() {
        assign("llvmpipe", null);
        try {
            NormalizedRows result = Samples.normalize(Samples.floatRows(cluster.session(), COUNT, 7))
                    .fingerprint("by")
                    .normalized();
            Map<String, Long> byRow = new HashMap<>();
            result.rows().collectAsList().forEach(row -> byRow.merge(row.getAs("by"), 1L, Long::sum));
            Map<String, Long> byReport = new HashMap<>();
            result.report().samples().forEach((device, count) -> byReport.put(device.toString(), count));
            assertEquals(byRow, byReport);
            assertEquals(COUNT, result.report().allSamples());
            assertEquals(2, byRow.size(), byRow::toString);
            sameDeviceIsKept();
        } finally {
            assign(null, null);
        }
    }

    /** A task that fails on one executor may succeed on the other. */
    private static void sameDeviceIsKept() {
        NormalizedRows result = Samples.normalize(Samples.floatRows(cluster.session(), COUNT, 7))
                .requireSameDevice()
                .normalized();
        try {
            result.rows().collectAsList();
            assertEquals(1, result.report().samples().size());
        } catch (Exception e) {
            assertTrue(e.getMessage().contains("the same device must compute all samples: executor "), e.getMessage());
        }
    }

    @Test
    void devicesOtherThanTheRequiredOneFailTheJob() {
        Fingerprint pocl;
        try (Backend backend = Backend.open()) {
            pocl = backend.fingerprint();
        }
        assign("llvmpipe", "llvmpipe");
        try {
            String message = assertThrows(SparkException.class, () -> Samples.normalize(
                                    Samples.floatRows(cluster.session(), COUNT, 2))
                            .requireDevice(pocl)
                            .normalized()
                            .rows()
                            .collectAsList())
                    .getMessage();
            assertTrue(message.matches("(?s).*executor \\d+ on host \\S+ has llvmpipe.*"), message);
            assertTrue(message.contains("expected " + pocl), message);
        } finally {
            assign(null, null);
        }
    }

    @Test
    void anExecutorWithoutADeviceIsNamed() {
        assign("nosuchdevice", "nosuchdevice");
        try {
            String message = assertThrows(SparkException.class, () -> ClnormSpark.normalize(
                                    cluster.context().parallelize(List.of(new float[Samples.ELEMENTS]), 1),
                                    Samples.spec())
                            .shape(Samples.SHAPE)
                            .normalized()
                            .samples()
                            .collect())
                    .getMessage();
            assertTrue(
                    message.matches("(?s).*NoDeviceException: executor \\d+ on host \\S+: no OpenCL device matches"
                            + " 'nosuchdevice'. There is: .*"),
                    message);
        } finally {
            assign(null, null);
        }
    }

    @Test
    void aBackendIsOpenedOnceForAllTasks() {
        onEachExecutor(String.class, () -> {
            ExecutorBackends.closeAll();
            return "";
        });
        NormalizedRows result = Samples.normalize(Samples.floatRows(cluster.session(), COUNT, 7))
                .normalized();
        assertEquals(COUNT, result.rows().where("y is not null").count());
        for (int open : onEachExecutor(Integer.class, ExecutorBackends::open)) {
            assertTrue(open <= 1, open + " backends");
        }
        List<Integer> same =
                onEachExecutor(Integer.class, () -> ExecutorBackends.ofTask() == ExecutorBackends.ofTask() ? 1 : 0);
        assertEquals(List.of(1, 1), same);
    }

    @Test
    void thePluginHasMetricsForSinks() {
        NormalizedRows result = Samples.normalize(Samples.floatRows(cluster.session(), COUNT, 4))
                .normalized();
        assertEquals(COUNT, result.rows().where("y is not null").count());
        List<Long> samples = onEachExecutor(Long.class, () -> (Long) SparkEnv.get()
                .metricsSystem()
                .getSourcesByName("plugin." + PLUGIN)
                .head()
                .metricRegistry()
                .getGauges()
                .get("samples")
                .getValue());
        assertTrue(samples.stream().mapToLong(Long::longValue).sum() >= COUNT, samples::toString);
    }

    @Test
    void theUiShowsAccumulatorsAndTheDescription() {
        Jobs jobs = new Jobs(cluster.context());
        NormalizedRows result = Samples.normalize(Samples.floatRows(cluster.session(), COUNT, 2))
                .normalized();
        NormalizationReport report =
                result.run(rows -> rows.where("y is not null").count());
        Map<String, Object> shown = jobs.accumulators();
        assertEquals((long) COUNT, shown.get("clnorm: samples"));
        assertEquals(report.bytes(), shown.get("clnorm: bytes"));
        assertEquals(report.deviceMicroseconds(), shown.get("clnorm: µs on the device"));
        assertTrue(report.deviceMicroseconds() > 0, report::explain);
        assertTrue(jobs.descriptions().contains("clnorm " + Samples.spec()), jobs.descriptions()::toString);
        assertEquals(null, cluster.session().sparkContext().getLocalProperty("spark.job.description"));
    }
}
