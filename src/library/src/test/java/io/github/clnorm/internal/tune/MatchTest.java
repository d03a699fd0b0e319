package io.github.clnorm.internal.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.testing.TestInfo;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class MatchTest {

    private static final DeviceInfo DEVICE = TestInfo.CPU;
    private static final Entry EXACT = Entries.of(DEVICE, Entries.GROUPING, Plan.resident(1, 8));
    private static final Entry NEAR = Entries.of(DEVICE, Entries.grouping(2, 64, 50_000, 10), Plan.resident(1, 4));
    private static final Entry LESS_NEAR = Entries.of(DEVICE, Entries.grouping(2, 64, 60_000, 10), Plan.resident(1, 2));
    private static final Entry OTHER_DRIVER = Entries.withDriver(EXACT, "0.9");
    private static final Entry NEAR_OTHER_DRIVER = Entries.withDriver(NEAR, "0.9");
    private static final Entry OTHER_KERNELS = Entries.withKernels(EXACT, "fedcba9876543210");

    private static List<Entry> found(List<Entry> entries) {
        return Match.of(entries, DEVICE, Entries.KERNELS, Entries.GROUPING).stream()
                .map(Match::entry)
                .toList();
    }

    @Test
    void theOrderOfLookUp() {
        List<Entry> order = List.of(EXACT, NEAR, LESS_NEAR, OTHER_DRIVER, NEAR_OTHER_DRIVER, OTHER_KERNELS);
        List<Entry> shuffled = new ArrayList<>(order);
        for (int i = 0; i < order.size(); i++) {
            Collections.rotate(shuffled, 1);
            assertEquals(order, found(shuffled));
        }
        List<Match.Kind> kinds = Match.of(order, DEVICE, Entries.KERNELS, Entries.GROUPING).stream()
                .map(Match::kind)
                .toList();
        assertEquals(
                List.of(
                        Match.Kind.EXACT,
                        Match.Kind.NEAREST,
                        Match.Kind.NEAREST,
                        Match.Kind.OTHER_DRIVER,
                        Match.Kind.OTHER_DRIVER,
                        Match.Kind.OTHER_KERNELS),
                kinds);
    }

    @Test
    void otherDevicesSayNothing() {
        for (DeviceInfo other : List.of(
                TestInfo.with(DEVICE, "name", "Another"),
                TestInfo.with(DEVICE, "platform", "Another"),
                TestInfo.with(DEVICE, "computeUnits", 4))) {
            assertEquals(List.of(), found(List.of(Entries.of(other, Entries.GROUPING, Plan.resident(1, 8)))));
        }
        assertEquals(
                List.of(),
                found(List.of(Entries.of(DEVICE, Entries.grouping(2, 64, 400_000, 10), Plan.resident(1, 8)))));
    }

    @Test
    void otherKernelsCountForTheSameGroupingAlone() {
        assertEquals(
                List.of(OTHER_KERNELS), found(List.of(OTHER_KERNELS, Entries.withKernels(NEAR, "fedcba9876543210"))));
    }

    @Test
    void theNewestOfEqualsComesFirst() {
        Entry older = Entries.withDate(OTHER_DRIVER, Entries.DATE.minusSeconds(1));
        Entry newer = Entries.withDriver(EXACT, "0.8");
        assertEquals(List.of(newer, older), found(List.of(older, newer)));
    }

    @Test
    void whereTheHeuristicWonItIsTrusted() {
        Entry exact = Entries.withTimes(EXACT, 100, 100);
        Entry near = Entries.withTimes(NEAR, 100, 100);
        List<Match> matches = Match.of(List.of(exact, near), DEVICE, Entries.KERNELS, Entries.GROUPING);
        assertTrue(matches.get(0).meansHeuristic());
        assertTrue(matches.get(1).meansHeuristic());
        assertFalse(Match.of(List.of(EXACT), DEVICE, Entries.KERNELS, Entries.GROUPING)
                .get(0)
                .meansHeuristic());
    }
}
