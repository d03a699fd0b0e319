package io.github.clnorm.timing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.timing.Interleaved.Limits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
        assertArrayEquals(new long[] {10, 10, 10}, times.get(0), "rounds of 35 ns begin at 0, 35 and 70 of 100 ns");
        assertArrayEquals(new long[] {25, 25, 25}, times.get(1));
        assertEquals(List.of("a", "b", "a", "b", "a", "b", "a", "b"), order, "one round of warm-up, and three");
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
        // 1000 500 250 125 100 | 100 100 100 100 100: the medians of two windows of five are alike in the end.
        assertEquals(100, seen.get(seen.size() - 1));
        assertEquals(1, Collections.frequency(seen, 1000L));
        assertEquals(true, seen.size() >= 10 && seen.size() <= 16, "settled after " + seen.size() + " rounds");
    }

    @Test
    void warmUpThatNeverSettlesEndsInTime() {
        long[] next = {1};
        Runnable slowing = () -> clock.taking(next[0] *= 2).run();
        new Interleaved(clock, () -> false).time(List.of(slowing), new Limits(1000, 1, 1, 1));
        assertEquals(2046, clock.now(), "2 + 4 + ... + 512 is beyond 1000 ns; then one round counts");
    }

    @Test
    void theLeastRoundsAreMadeHoweverLongTheyTakeAndNoMoreThanTheMost() {
        Interleaved interleaved = new Interleaved(clock, () -> false);
        assertEquals(3, interleaved.time(List.of(action("a", 1000)), new Limits(1, 1, 3, 9)).get(0).length);
        assertEquals(9, interleaved.time(List.of(action("a", 1)), new Limits(1, 1000, 3, 9)).get(0).length);
    }

    @Test
    void whatWasMeasuredIsKeptWhenItIsStopped() {
        Interleaved interleaved = new Interleaved(clock, () -> order.size() >= 4);
        assertEquals(3, interleaved.time(List.of(action("a", 1)), new Limits(1, 1000, 100, 100)).get(0).length);
        order.clear();
        Interleaved atOnce = new Interleaved(clock, () -> true);
        assertEquals(0, atOnce.time(List.of(action("a", 1)), new Limits(1000, 1000, 3, 100)).get(0).length);
    }
}
