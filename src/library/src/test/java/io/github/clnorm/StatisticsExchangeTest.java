package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** The exchange between threads: sums, order of arrival, and failures. */
class StatisticsExchangeTest {

    private static ChannelMoments moments(int seed) {
        double[] mean = Values.normal(ElementType.FLOAT32, seed, 6, 1, 2);
        return ChannelMoments.of(3, 5, mean, new double[6], new double[] {1, 2, 3, 4, 5, seed});
    }

    private static ChannelGradients gradients(int seed) {
        double[] values = Values.normal(ElementType.FLOAT32, seed, 6, 0, 1);
        return ChannelGradients.of(3, 5, 1, values, values);
    }

    @Test
    void allGetTheSameSumInAnyOrderOfArrival() throws InterruptedException {
        int participants = 5;
        int rounds = 6;
        List<StatisticsExchange> exchanges = StatisticsExchange.inProcess(participants);
        List<List<Integer>> orders = new ArrayList<>();
        List<Semaphore> turns = new ArrayList<>();
        for (int i = 0; i < participants; i++) {
            turns.add(new Semaphore(0));
        }
        Random random = new Random(1);
        for (int round = 0; round < rounds; round++) {
            List<Integer> order = new ArrayList<>(List.of(0, 1, 2, 3, 4));
            Collections.shuffle(order, random);
            orders.add(order);
        }
        // A participant calls when the one before it in the order of the round is about to.
        turns.get(orders.get(0).get(0)).release();
        List<FutureTask<List<Object>>> tasks = Participants.start(exchanges, (exchange, number) -> {
            List<Object> sums = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                turns.get(number).acquire();
                int place = orders.get(round).indexOf(number);
                if (place + 1 < participants) {
                    turns.get(orders.get(round).get(place + 1)).release();
                } else if (round + 1 < rounds) {
                    turns.get(orders.get(round + 1).get(0)).release();
                }
                sums.add(
                        round % 2 == 0
                                ? exchange.sum(moments(100 * round + number))
                                : exchange.sum(gradients(100 * round + number)));
            }
            return sums;
        });
        List<List<Object>> results = Participants.results(tasks);
        for (int round = 0; round < rounds; round++) {
            ChannelMoments ofMoments = ChannelMoments.none(3);
            ChannelGradients ofGradients = ChannelGradients.none(3);
            for (int i = 0; i < participants; i++) {
                ofMoments = moments(100 * round + i).plus(ofMoments);
                ofGradients = gradients(100 * round + i).plus(ofGradients);
            }
            for (List<Object> result : results) {
                assertEquals(round % 2 == 0 ? ofMoments : ofGradients, result.get(round));
            }
        }
        exchanges.forEach(StatisticsExchange::close);
    }

    @Test
    void oneParticipantNeedsNoOther() {
        StatisticsExchange exchange = StatisticsExchange.inProcess(1).get(0);
        assertEquals(moments(1), exchange.sum(moments(1)));
        assertEquals(gradients(1), exchange.sum(gradients(1)));
        assertEquals(1, exchange.participants());
        exchange.close();
        exchange.close();
        assertEquals(
                "participant 0 of 1 has left the exchange",
                assertThrows(IllegalStateException.class, () -> exchange.sum(moments(1)))
                        .getMessage());
    }

    @Test
    void aParticipantThatFailsOrLeavesMakesAllOthersFail() throws InterruptedException {
        for (boolean aborts : new boolean[] {true, false}) {
            List<StatisticsExchange> exchanges = StatisticsExchange.inProcess(3);
            IllegalStateException reason = new IllegalStateException("no memory");
            List<FutureTask<ChannelMoments>> tasks = Participants.start(exchanges, (exchange, number) -> {
                if (number == 1) {
                    if (aborts) {
                        exchange.abort(reason);
                    }
                    throw reason;
                }
                try {
                    return exchange.sum(moments(number));
                } catch (ExchangeException e) {
                    assertThrows(ExchangeException.class, () -> exchange.sum(gradients(number)), "a later call");
                    throw e;
                }
            });
            for (int number : new int[] {0, 2}) {
                ExchangeException failure =
                        assertInstanceOf(ExchangeException.class, Participants.failure(tasks.get(number)));
                assertEquals(
                        "the exchange of statistics has failed: participant 1 of 3 "
                                + (aborts ? "failed: java.lang.IllegalStateException: no memory" : "left"),
                        failure.getMessage());
                assertSame(aborts ? reason : null, failure.getCause());
            }
        }
    }

    @Test
    void aParticipantThatLeavesAfterTheLastRoundDisturbsNobody() throws InterruptedException {
        for (int repeat = 0; repeat < 200; repeat++) {
            List<StatisticsExchange> exchanges = StatisticsExchange.inProcess(2);
            // The first may leave before the other wakes up.
            List<ChannelMoments> sums = Participants.results(Participants.start(exchanges, (exchange, number) -> {
                ChannelMoments sum = exchange.sum(moments(number));
                exchange.close();
                return sum;
            }));
            assertEquals(sums.get(0), sums.get(1));
        }
    }

    @Test
    void aParticipantThatDoesNotArriveIsNamed() {
        StatisticsExchange first =
                StatisticsExchange.inProcess(3, Duration.ofMillis(1)).get(0);
        assertEquals(
                "the exchange of statistics has failed: participants 1, 2 of 3 did not arrive within 1 ms,"
                        + " for which participant 0 of 3 waited",
                assertThrows(ExchangeException.class, () -> first.sum(moments(1)))
                        .getMessage());
    }

    @Test
    void anInterruptedParticipantMakesAllFail() throws InterruptedException {
        List<StatisticsExchange> exchanges = StatisticsExchange.inProcess(3);
        CountDownLatch begun = new CountDownLatch(1);
        FutureTask<Boolean> interrupted = new FutureTask<>(() -> {
            begun.countDown();
            ExchangeException failure =
                    assertThrows(ExchangeException.class, () -> exchanges.get(0).sum(moments(0)));
            assertTrue(failure.getMessage().endsWith("participant 0 of 3 was interrupted"), failure.getMessage());
            return Thread.currentThread().isInterrupted();
        });
        Thread thread = new Thread(interrupted);
        thread.start();
        begun.await();
        thread.interrupt();
        ExchangeException failure =
                assertThrows(ExchangeException.class, () -> exchanges.get(1).sum(moments(1)));
        assertTrue(failure.getMessage().endsWith("participant 0 of 3 was interrupted"), failure.getMessage());
        assertEquals(List.of(true), Participants.results(List.of(interrupted)), "the interrupt status");
    }

    @Test
    void participantsThatMakeOtherCallsFail() throws InterruptedException {
        List<FutureTask<Object>> tasks = Participants.start(
                StatisticsExchange.inProcess(2),
                (exchange, number) -> number == 0 ? exchange.sum(moments(0)) : exchange.sum(gradients(0)));
        for (FutureTask<Object> task : tasks) {
            String message = Participants.failure(task).getMessage();
            assertTrue(message.contains("participants make different calls"), message);
        }
        List<FutureTask<Object>> unequal = Participants.start(
                StatisticsExchange.inProcess(2), (exchange, number) -> exchange.sum(ChannelMoments.none(number + 3)));
        for (FutureTask<Object> task : unequal) {
            String message = Participants.failure(task).getMessage();
            assertTrue(message.contains("Expected sums of 3 channels, got 4"), message);
        }
    }

    @Test
    void wrongArgumentsAreRejected() {
        assertThrows(IllegalArgumentException.class, () -> StatisticsExchange.inProcess(0));
        assertThrows(IllegalArgumentException.class, () -> StatisticsExchange.inProcess(2, Duration.ZERO));
        StatisticsExchange exchange = StatisticsExchange.inProcess(1).get(0);
        assertThrows(NullPointerException.class, () -> exchange.sum((ChannelMoments) null));
        assertThrows(NullPointerException.class, () -> exchange.abort(null));
        assertEquals(moments(1), exchange.sum(moments(1)));
    }
}
