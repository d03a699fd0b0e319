package io.github.clnorm.internal.timing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.timing.Interleaved.Limits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class InterleavedTest {

    private final FakeClock clock = new FakeClock(0);
    private final List<String> order = new ArrayList<>();

    private Runnable action(String name, long nanoseconds) {
        return () -> {
            order.add(name);
            clock.taking(nanoseconds).run();
        };
    }

    @Test
    void actionsTakeTurns() {
        Interleaved interleaved = new Interleaved(clock, () -> false);
        List<long[]> times = interleaved.time(List.of(action("a", 10), action("b", 25)), new Limits(1, 100, 1, 1000));
        assertArrayEquals(new long[] {10, 10}, times.get(0), "rounds of 70 ns begin at 0 and 70 of 100 ns");
        assertArrayEquals(new long[] {25, 25}, times.get(1));
        assertEquals(
                List.of("a", "a", "b", "b", "a", "a", "b", "b", "a", "a", "b", "b"),
                order,
                "one round of warm-up, and two");
    }

    /** An action is slow where another one ran before it, as where that one left the caches full: no such call is timed. */
    @Test
    void whatAnotherActionLeftInTheCachesDoesNotCount() {
        String[] last = {""};
        List<Runnable> actions = Stream.of("a", "b", "c")
                .<Runnable>map(name -> () -> {
                    clock.taking(last[0].equals(name) ? 10 : 1000).run();
                    last[0] = name;
                })
                .toList();
        for (long[] times : new Interleaved(clock, () -> false).time(actions, new Limits(5000, 50_000, 3, 20))) {
            assertTrue(times.length >= 3);
            assertArrayEquals(LongStream.generate(() -> 10).limit(times.length).toArray(), times);
        }
    }

    @Test
    void warmUpEndsWhenTimesSettle() {
        long[] next = {1000};
        List<Long> seen = new ArrayList<>();
        Runnable warming = () -> {
            clock.taking(next[0]).run();
            seen.add(next[0]);
            next[0] = Math.max(100, next[0] / 2);
        };
        new Interleaved(clock, () -> false).time(List.of(warming), new Limits(1_000_000, 1, 1, 1));
        // Timed are 500 125 100 100 100 | 100 100 100 100 100: the medians of two windows of five are alike in the end.
        assertEquals(100, seen.get(seen.size() - 1));
        assertEquals(1, Collections.frequency(seen, 1000L));
        assertEquals(true, seen.size() >= 20 && seen.size() <= 32, "settled after " + seen.size() + " calls");
    }

    @Test
    void warmUpThatNeverSettlesEndsInTime() {
        long[] next = {1};
        Runnable slowing = () -> clock.taking(next[0] *= 2).run();
        new Interleaved(clock, () -> false).time(List.of(slowing), new Limits(1000, 1, 1, 1));
        assertEquals(
                8190, clock.now(), "2 + 4 + ... + 1024 is beyond 1000 ns; then one round counts, of 2048 and 4096");
    }

    @Test
    void theLeastRoundsAreMadeHoweverLongTheyTakeAndNoMoreThanTheMost() {
        Interleaved interleaved = new Interleaved(clock, () -> false);
        assertEquals(
                3,
                interleaved
                        .time(List.of(action("a", 1000)), new Limits(1, 1, 3, 9))
                        .get(0)
                        .length);
        assertEquals(
                9,
                interleaved
                        .time(List.of(action("a", 1)), new Limits(1, 1000, 3, 9))
                        .get(0)
                        .length);
    }

    @Test
    void whatWasMeasuredIsKeptWhenItIsStopped() {
        Interleaved interleaved = new Interleaved(clock, () -> order.size() >= 8);
        assertEquals(
                3,
                interleaved
                        .time(List.of(action("a", 1)), new Limits(1, 1000, 100, 100))
                        .get(0)
                        .length);
        order.clear();
        Interleaved atOnce = new Interleaved(clock, () -> true);
        assertEquals(
                0,
                atOnce.time(List.of(action("a", 1)), new Limits(1000, 1000, 3, 100))
                        .get(0)
                        .length);
    }
}
