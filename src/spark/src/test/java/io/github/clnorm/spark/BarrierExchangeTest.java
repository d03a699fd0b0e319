package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.ChannelMoments;
import io.github.clnorm.ExchangeException;
import io.github.clnorm.StatisticsExchange;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The tasks of a barrier stage in local mode: sums, and participants that fail, leave or do not arrive. */
@Timeout(120)
class BarrierExchangeTest {

    private static final String FAILED = "the exchange of statistics has failed: ";

    private static Cluster cluster;
    private static CountDownLatch gaveUp;

    @BeforeAll
    static void start() {
        cluster = Cluster.local(Map.of(
                "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "1",
                "spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s"));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** What each of two tasks gets from a call. */
    @FunctionalInterface
    private interface Calls extends java.io.Serializable {
        Object call(StatisticsExchange exchange, int number) throws Exception;
    }

    private static List<String> of(Duration timeout, Calls calls) {
        return ClnormSpark.mapPartitionsTogether(
                        cluster.context().parallelize(List.of(0, 1), 2), timeout, (rows, exchange) -> List.of(
                                        String.valueOf(calls.call(exchange, rows.next())))
                                .iterator())
                .collect();
    }

    private static List<String> of(Calls calls) {
        return of(StatisticsExchange.DEFAULT_TIMEOUT, calls);
    }

    private static String failure(StatisticsExchange exchange) {
        String first = assertThrows(ExchangeException.class, () -> exchange.sum(ExchangedSums.moments(1)))
                .getMessage();
        assertEquals(
                first,
                assertThrows(ExchangeException.class, () -> exchange.sum(ExchangedSums.gradients(3)))
                        .getMessage());
        return first;
    }

    private static String place(String text) {
        return text.replaceAll("executor driver on [^)]*", "here");
    }

    @Test
    void allGetTheSumsOfManyRounds() {
        List<String> sums = of((exchange, number) -> {
            assertEquals(2, exchange.participants());
            ChannelMoments total = ChannelMoments.none(3);
            for (int round = 0; round < 20; round++) {
                ChannelMoments sum = exchange.sum(ExchangedSums.moments(2 * round + number));
                assertEquals(ExchangedSums.moments(2 * round).plus(ExchangedSums.moments(2 * round + 1)), sum);
                total = total.plus(sum);
                assertEquals(ExchangedSums.gradients(3), exchange.sum(ExchangedSums.gradients(3)));
            }
            exchange.close();
            exchange.close();
            assertThrows(IllegalStateException.class, () -> exchange.sum(ExchangedSums.moments(0)));
            return total;
        });
        assertEquals(sums.get(0), sums.get(1));
    }

    @Test
    void aTaskHasOneExchangeNextToItsOwnBarriers() {
        of((exchange, number) -> {
            BarrierTaskContext task = BarrierTaskContext.get();
            exchange.sum(ExchangedSums.moments(number));
            task.barrier();
            assertSame(exchange, BarrierExchange.ofTask());
            assertThrows(IllegalStateException.class, () -> BarrierExchange.ofTask(Duration.ofMillis(5)));
            exchange.sum(ExchangedSums.moments(number));
            exchange.close();
            assertEquals(2, task.allGather("last").length);
            return number;
        });
        // The interrupts that wake a call and end it do not reach the next stage's tasks.
        assertEquals(
                List.of(false, false),
                cluster.context()
                        .parallelize(List.of(0, 1), 2)
                        .map(row -> Thread.interrupted() || TaskContext.get().isInterrupted())
                        .collect());
    }

    @Test
    void aParticipantThatAbortsIsNamed() {
        List<String> texts = of((exchange, number) -> {
            if (number == 1) {
                exchange.abort(new IllegalStateException("no memory"));
            }
            return failure(exchange);
        });
        String expected = FAILED + "participant 1 of 2 (here) failed: java.lang.IllegalStateException: no memory";
        assertEquals(expected, place(texts.get(0)));
        assertEquals(expected, place(texts.get(1)));
    }

    @Test
    void aParticipantThatLeavesIsNamed() {
        List<String> texts = of((exchange, number) -> number == 1 ? "" : failure(exchange));
        assertEquals(FAILED + "participant 1 of 2 (here) left", place(texts.get(0)));
    }

    @Test
    void aParticipantThatDoesNotArriveEndsTheCallsOfTheOthers() {
        gaveUp = new CountDownLatch(1);
        List<String> texts = BarrierStage.mapPartitions(cluster.context().parallelize(List.of(0, 1), 2), rows -> {
                    if (rows.next() == 0) {
                        String text = failure(BarrierExchange.ofTask(Duration.ofMillis(1)));
                        gaveUp.countDown();
                        return List.of(text).iterator();
                    }
                    gaveUp.await();
                    StatisticsExchange exchange = BarrierExchange.ofTask();
                    // Finds the call of the other, which no longer waits, and then its failure.
                    exchange.sum(ExchangedSums.moments(1));
                    return List.of(failure(exchange)).iterator();
                })
                .collect();
        String expected = FAILED + "not all other participants arrived within 1 ms, for which participant 0 of 2 (here)"
                + " waited: Spark's page of the stage shows what each task does";
        assertEquals(expected, place(texts.get(0)));
        assertEquals(expected, place(texts.get(1)));
    }

    @Test
    void differentCallsAreRefusedByAll() {
        List<String> texts = of((exchange, number) -> assertThrows(ExchangeException.class, () -> {
                    if (number == 0) {
                        exchange.sum(ExchangedSums.moments(1));
                    } else {
                        exchange.sum(ExchangedSums.gradients(3));
                    }
                })
                .getMessage());
        assertEquals(
                FAILED + "participants make different calls: participant 0 of 2 gave moments and participant 1 of 2"
                        + " gradients",
                texts.get(0));
        assertEquals(
                FAILED + "participants make different calls: participant 1 of 2 gave gradients and participant 0 of 2"
                        + " moments",
                texts.get(1));
        String channels =
                FAILED + "the sums of participant 1 of 2 do not fit those before: Expected sums of 3 channels, got 4";
        assertEquals(List.of(channels, channels), of((exchange, number) -> assertThrows(
                        ExchangeException.class, () -> exchange.sum(ExchangedSums.gradients(3 + number)))
                .getMessage()));
    }

    @Test
    void anExchangeNeedsABarrierStage() {
        assertTrue(assertThrows(IllegalStateException.class, BarrierExchange::ofTask)
                .getMessage()
                .contains("the caller is on no task's thread: use ClnormSpark.mapPartitionsTogether"));
        SparkException failure = assertThrows(SparkException.class, () -> cluster.context()
                .parallelize(List.of(0), 1)
                .map(row -> BarrierExchange.ofTask().participants())
                .collect());
        assertTrue(failure.getMessage().contains("the caller is a task of another stage"), failure.getMessage());
        assertThrows(IllegalArgumentException.class, () -> of(Duration.ZERO, (exchange, number) -> ""));
    }

    @Test
    void sparkRefusesMorePartitionsThanSlots() {
        JavaRDD<Integer> three = cluster.context().parallelize(List.of(0, 1, 2), 3);
        String slots = refused(three);
        assertTrue(slots.contains("requires more slots than the total number of slots in the cluster"), slots);
        String chain = refused(three.coalesce(2));
        assertTrue(chain.contains("does not allow the following pattern of RDD chain within a barrier stage"), chain);
        assertEquals(
                3,
                ClnormSpark.mapPartitionsTogether(three.repartition(2), (rows, exchange) -> rows)
                        .count());
    }

    private static String refused(JavaRDD<Integer> rdd) {
        return assertThrows(Exception.class, () -> ClnormSpark.mapPartitionsTogether(rdd, (rows, exchange) -> rows)
                        .collect())
                .getMessage();
    }

    @Test
    void noThreadIsLeft() {
        of((exchange, number) -> exchange.sum(ExchangedSums.moments(1)));
        // They end after the task's last message was sent.
        while (Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().startsWith("clnorm-exchange"))) {
            Thread.onSpinWait();
        }
    }
}
