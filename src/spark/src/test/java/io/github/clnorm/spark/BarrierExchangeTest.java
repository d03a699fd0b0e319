package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.ExchangeException;
import io.github.clnorm.StatisticsExchange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Synchronized batch_norm over two executors: bits, a lost executor, and failures. */
class BarrierExchangeTest {

    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.ofTwoExecutors(Map.of(
                "spark.rpc.message.maxSize", "1", "spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s"));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** The first samples of the batch in partition 0, the others in partition 1. */
    private static JavaRDD<List<Integer>> divided(int first) {
        return cluster.context().parallelize(List.of(List.of(0, first), List.of(first, SyncStep.SAMPLES)), 2);
    }

    private static Iterator<SyncStep.Result> step(Iterator<List<Integer>> rows, StatisticsExchange exchange) {
        List<Integer> range = rows.next();
        return List.of(SyncStep.of(ExecutorBackends.ofTask(), exchange, range.get(0), range.get(1)))
                .iterator();
    }

    private static void assertEqualToOneBatch(int first, List<SyncStep.Result> parts) {
        try (Backend backend = Backend.open()) {
            SyncStep.Result whole =
                    SyncStep.of(backend, StatisticsExchange.inProcess(1).get(0), 0, SyncStep.SAMPLES);
            assertEquals(whole.part(0, first).bits(), parts.get(0).bits());
            assertEquals(
                    whole.part(first, SyncStep.SAMPLES).bits(), parts.get(1).bits());
        }
    }

    @Test
    void twoExecutorsHaveTheBitsOfOneBatch() {
        // An empty part, too.
        for (int first : new int[] {5, 1, 0}) {
            assertEqualToOneBatch(
                    first,
                    ClnormSpark.mapPartitionsTogether(divided(first), BarrierExchangeTest::step)
                            .collect());
        }
    }

    @Test
    void aLostExecutorMakesSparkRepeatTheStageWithTheSameBits() {
        List<SyncStep.Result> parts = ClnormSpark.mapPartitionsTogether(divided(4), (rows, exchange) -> {
                    TaskContext task = TaskContext.get();
                    if (task.partitionId() == 1 && task.stageAttemptNumber() == 0) {
                        exchange.sum(Sums.moments(1));
                        Runtime.getRuntime().halt(1);
                    }
                    if (task.stageAttemptNumber() == 0) {
                        exchange.sum(Sums.moments(2));
                        assertThrows(ExchangeException.class, () -> exchange.sum(Sums.moments(2)));
                        exchange.sum(Sums.moments(2));
                    }
                    return step(rows, exchange);
                })
                // Spark repeats a barrier stage only if a shuffle follows it.
                .repartition(2)
                .collect();
        List<SyncStep.Result> inOrder = new ArrayList<>(parts);
        inOrder.sort(Comparator.comparing(part -> part.y().length));
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
                        exchange.sum(Sums.moments(0));
                        return step(rows, exchange);
                    })
                    .collect();
        });
        assertTrue(failure.getMessage().contains("IllegalStateException: no memory"), failure.getMessage());
    }

    @Test
    void messagesTooLargeForTheDriverAreRefused() {
        List<String> texts = ClnormSpark.mapPartitionsTogether(divided(5), (rows, exchange) -> List.of(
                                assertThrows(ExchangeException.class, () -> exchange.sum(Sums.moments(0, 20_000)))
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
