package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelGradients;
import io.github.clnorm.ChannelMoments;
import io.github.clnorm.ExchangeException;
import io.github.clnorm.StatisticsExchange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.HashPartitioner;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import scala.Tuple2;

/**
 * Two executors, one of which is lost: statistics of a data set, synchronized batch_norm, and exact sums in Kryo's form.
 */
class ClusterStatisticsTest {

    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.ofTwoExecutors(Map.of(
                "spark.serializer", "org.apache.spark.serializer.KryoSerializer",
                "spark.rpc.message.maxSize", "1",
                "spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s"));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** Rows in some partitions. */
    private static JavaRDD<Integer> numbers(int partitions) {
        return cluster.context()
                .parallelize(IntStream.range(0, Images.COUNT).boxed().toList(), partitions);
    }

    @Test
    void partitionsDoNotChangeBits() {
        ChannelMoments expected = Images.moments();
        for (int partitions : new int[] {1, 3, 7}) {
            JavaRDD<float[]> samples = numbers(partitions).map(Images::floats);
            assertEquals(expected, ClnormSpark.channelStatistics(samples, 3).moments());
        }
    }

    @Test
    void anExecutorLostInATaskChangesNothing() {
        JavaRDD<Row> rows = numbers(4).map(number -> {
            // In the middle of the second partition.
            if (number == 8 && TaskContext.get().attemptNumber() == 0) {
                Runtime.getRuntime().halt(1);
            }
            return RowFactory.create(number, Images.floats(number));
        });
        Dataset<Row> data = cluster.session().createDataFrame(rows, Images.schema(Images.FLOATS));
        ChannelStatistics statistics = ClnormSpark.channelStatistics(
                data, "x", 3, StatisticsOptions.DEFAULTS.batch(2).requireSameDevice());
        assertEquals(Images.moments(), statistics.moments());
        assertEquals(Images.COUNT, statistics.report().allSamples());
        assertEquals(1, statistics.report().samples().size());
        cluster.awaitExecutors(2);
    }

    /** Sends values through a shuffle, which serializes them with Spark's serializer. */
    private static <T> List<T> shuffled(List<T> values) {
        return cluster.context()
                .parallelize(values, 2)
                .mapToPair(value -> new Tuple2<>(0, value))
                .partitionBy(new HashPartitioner(2))
                .values()
                .collect();
    }

    @Test
    void kryoKeepsExactSums() {
        ChannelMoments moments = Images.moments();
        List<ChannelMoments> parts =
                numbers(3).map(number -> ExchangedSums.moments(number, 3)).collect();
        List<ChannelMoments> some = List.of(moments, ChannelMoments.none(3), parts.get(0));
        assertEquals(Set.copyOf(some), Set.copyOf(shuffled(some)));
        assertEquals(
                parts.stream().reduce(ChannelMoments::plus).orElseThrow(),
                numbers(3).map(number -> ExchangedSums.moments(number, 3)).reduce(ChannelMoments::plus));
        List<ChannelGradients> gradients = List.of(ChannelGradients.none(3));
        assertEquals(gradients, shuffled(gradients));
    }

    /** The first samples of the batch in partition 0, the others in partition 1. */
    private static JavaRDD<int[]> divided(int first) {
        return cluster.context().parallelize(List.of(new int[] {0, first}, new int[] {first, SyncStep.SAMPLES}), 2);
    }

    private static Iterator<float[][]> step(Iterator<int[]> rows, StatisticsExchange exchange) {
        int[] range = rows.next();
        return Collections.singleton(SyncStep.of(ExecutorBackends.ofTask(), exchange, range[0], range[1]))
                .iterator();
    }

    /** A text that differs if a bit does, except for those of a NaN. */
    private static String bits(float[][] results) {
        return Arrays.deepToString(results);
    }

    private static void assertEqualToOneBatch(int first, List<float[][]> parts) {
        try (Backend backend = Backend.open()) {
            float[][] whole =
                    SyncStep.of(backend, StatisticsExchange.inProcess(1).get(0), 0, SyncStep.SAMPLES);
            assertEquals(bits(SyncStep.part(whole, 0, first)), bits(parts.get(0)));
            assertEquals(bits(SyncStep.part(whole, first, SyncStep.SAMPLES)), bits(parts.get(1)));
        }
    }

    @Test
    void twoExecutorsHaveTheBitsOfOneBatch() {
        // An empty part, too.
        for (int first : new int[] {5, 1, 0}) {
            assertEqualToOneBatch(
                    first,
                    ClnormSpark.mapPartitionsTogether(divided(first), ClusterStatisticsTest::step)
                            .collect());
        }
    }

    @Test
    void aLostExecutorMakesSparkRepeatTheStageWithTheSameBits() {
        List<float[][]> parts = ClnormSpark.mapPartitionsTogether(divided(4), (rows, exchange) -> {
                    TaskContext task = TaskContext.get();
                    if (task.partitionId() == 1 && task.stageAttemptNumber() == 0) {
                        exchange.sum(ExchangedSums.moments(1));
                        Runtime.getRuntime().halt(1);
                    }
                    if (task.stageAttemptNumber() == 0) {
                        exchange.sum(ExchangedSums.moments(2));
                        assertThrows(ExchangeException.class, () -> exchange.sum(ExchangedSums.moments(2)));
                        exchange.sum(ExchangedSums.moments(2));
                    }
                    return step(rows, exchange);
                })
                // Spark repeats a barrier stage only if a shuffle follows it.
                .repartition(2)
                .collect();
        List<float[][]> inOrder = new ArrayList<>(parts);
        // 4 and 6 samples.
        inOrder.sort(Comparator.comparing(part -> part[0].length));
        assertEqualToOneBatch(4, inOrder);
        cluster.awaitExecutors(2);
    }

    @Test
    void aTaskThatThrowsEndsTheJobWithItsReason() {
        SparkException failure = assertThrows(SparkException.class, () -> {
            ClnormSpark.mapPartitionsTogether(divided(5), (rows, exchange) -> {
                        if (TaskContext.getPartitionId() == 1) {
                            throw new IllegalStateException("no memory");
                        }
                        exchange.sum(ExchangedSums.moments(0));
                        return step(rows, exchange);
                    })
                    .collect();
        });
        assertTrue(failure.getMessage().contains("IllegalStateException: no memory"), failure.getMessage());
    }

    @Test
    void messagesTooLargeForTheDriverAreRefused() {
        List<String> texts = ClnormSpark.mapPartitionsTogether(divided(5), (rows, exchange) -> List.of(assertThrows(
                                        ExchangeException.class, () -> exchange.sum(ExchangedSums.moments(0, 20_000)))
                                .getMessage())
                        .iterator())
                .collect();
        for (String text : texts) {
            assertTrue(
                    text.matches("the exchange of statistics has failed: participant [01] of 2 \\(executor .*\\):"
                            + " the moments have \\d+ bytes as text, so the driver would send \\d+ bytes to each of 2"
                            + " participants, and spark.rpc.message.maxSize allows 1048576: set it to a larger number of"
                            + " MiB, or use fewer participants"),
                    text);
        }
    }
}
