package io.github.clnorm.internal.tune;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.time.Instant;

/** Entries for tests. */
final class Entries {

    static final String KERNELS = "0123456789abcdef";
    static final Instant DATE = Instant.parse("2026-03-01T12:00:00Z");

    /** 64 sets of 40960 elements. */
    static final Grouping GROUPING = new Grouping(
            PlainOperation.GROUP_NORM, false, Layout.CHANNELS_FIRST, ElementType.FLOAT32, 2, 64, 40_960, 10);

    private Entries() {}

    static Grouping grouping(long samples, long sets, long setSize, long channels) {
        return new Grouping(
                PlainOperation.GROUP_NORM,
                false,
                Layout.CHANNELS_FIRST,
                ElementType.FLOAT32,
                samples,
                sets,
                setSize,
                channels);
    }

    /** A winner on a device, in half the heuristic's time. */
    static Entry of(DeviceInfo device, Grouping grouping, Plan plan) {
        return new Entry(
                device.name(),
                device.platform(),
                device.driver(),
                device.computeUnits(),
                KERNELS,
                grouping,
                plan,
                100,
                200,
                DATE);
    }

    static Entry withDriver(Entry e, String driver) {
        return new Entry(
                e.device(),
                e.platform(),
                driver,
                e.computeUnits(),
                e.kernels(),
                e.grouping(),
                e.plan(),
                e.microseconds(),
                e.heuristicMicroseconds(),
                e.date());
    }

    static Entry withKernels(Entry e, String kernels) {
        return new Entry(
                e.device(),
                e.platform(),
                e.driver(),
                e.computeUnits(),
                kernels,
                e.grouping(),
                e.plan(),
                e.microseconds(),
                e.heuristicMicroseconds(),
                e.date());
    }

    static Entry withDate(Entry e, Instant date) {
        return new Entry(
                e.device(),
                e.platform(),
                e.driver(),
                e.computeUnits(),
                e.kernels(),
                e.grouping(),
                e.plan(),
                e.microseconds(),
                e.heuristicMicroseconds(),
                date);
    }

    static Entry withTimes(Entry e, double microseconds, double heuristic) {
        return new Entry(
                e.device(),
                e.platform(),
                e.driver(),
                e.computeUnits(),
                e.kernels(),
                e.grouping(),
                e.plan(),
                microseconds,
                heuristic,
                e.date());
    }
}
