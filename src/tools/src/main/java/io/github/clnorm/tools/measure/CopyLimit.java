package io.github.clnorm.tools.measure;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.runtime.Copy;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Session;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Finds the fastest copies of a device: the limit for every pass that reads and writes a tensor. The best vector width,
 * work-group size and kind of store depend on the size, so each size is searched. Earlier winners are tried first.
 */
final class CopyLimit {

    private static final int FINALISTS = 2;
    // Runs of each candidate before the slower half is dropped.
    private static final int TRIES = 3;

    private final Session session;
    private final LongSupplier clock;
    private final BooleanSupplier stop;
    private List<Copy.Variant> candidates;

    CopyLimit(Session session, LongSupplier clock, BooleanSupplier stop) {
        this.session = session;
        this.clock = clock;
        this.stop = stop;
        this.candidates = candidates(session.device());
    }

    /** The candidates for a device. */
    static List<Copy.Variant> candidates(DeviceInfo device) {
        List<Copy.Variant> plans = new ArrayList<>();
        if (Quirks.prefersVectorsToWorkItems(device)) {
            for (int vector : new int[] {16, 8}) {
                for (int bits = 12; bits <= 20; bits += 2) {
                    plans.add(new Copy.Variant(1, vector, 1L << bits, true, false));
                    plans.add(new Copy.Variant(1, vector, 1L << bits, false, false));
                    plans.add(new Copy.Variant(1, vector, 1L << bits, false, true));
                }
            }
            return plans;
        }
        int widest = Quirks.prefersWorkItemsToVectors(device) ? 1 : 4;
        // Few programs with many part sizes: only programs have to be compiled.
        for (int group = Integer.highestOneBit(Math.min(1024, device.maxWorkGroupSize())); group >= 32; group /= 2) {
            for (int vector = widest; vector >= 1; vector /= 2) {
                for (int each : new int[] {1, 4, 16}) {
                    plans.add(new Copy.Variant(group, vector, (long) group * vector * each, false, false));
                }
            }
            plans.add(new Copy.Variant(group, widest, 4L * group * widest, true, false));
        }
        return plans.isEmpty() ? List.of(new Copy.Variant(1, widest, 1 << 14, false, false)) : plans;
    }

    /** The fastest copies from one buffer to another that the time allows to find; empty if none runs. */
    List<Copy.Variant> best(DeviceBuffer from, DeviceBuffer to, long nanoseconds) {
        long end = clock.getAsLong() + nanoseconds;
        List<Timed> running = new ArrayList<>();
        for (Copy.Variant plan : candidates) {
            // Built before the clock starts: compiling takes longer than any copy.
            if (running.size() <= FINALISTS || clock.getAsLong() < end && !stop.getAsBoolean()) {
                try {
                    copy(plan, from, to);
                    running.add(new Timed(plan, time(plan, from, to)));
                } catch (ClException e) {
                    // The device does not support this candidate.
                    continue;
                }
            }
        }
        running.sort(Comparator.comparingLong(Timed::nanoseconds));
        List<Copy.Variant> order =
                new ArrayList<>(running.stream().map(Timed::plan).toList());
        candidates.stream().filter(plan -> !order.contains(plan)).forEach(order::add);
        candidates = order;
        while (running.size() > FINALISTS && clock.getAsLong() < end && !stop.getAsBoolean()) {
            running = new ArrayList<>(running.subList(0, Math.max(FINALISTS, running.size() / 2)));
            for (int i = 0; i < running.size(); i++) {
                Timed timed = running.get(i);
                long fastest = timed.nanoseconds;
                // Data that another candidate left in the caches must not count.
                copy(timed.plan, from, to);
                for (int tries = 0; tries < TRIES; tries++) {
                    fastest = Math.min(fastest, time(timed.plan, from, to));
                }
                running.set(i, new Timed(timed.plan, fastest));
            }
            running.sort(Comparator.comparingLong(Timed::nanoseconds));
        }
        return running.stream().limit(FINALISTS).map(Timed::plan).toList();
    }

    private record Timed(Copy.Variant plan, long nanoseconds) {}

    private long time(Copy.Variant plan, DeviceBuffer from, DeviceBuffer to) {
        long start = clock.getAsLong();
        copy(plan, from, to);
        return clock.getAsLong() - start;
    }

    /** Copies and waits. */
    void copy(Copy.Variant plan, DeviceBuffer from, DeviceBuffer to) {
        Copy.enqueue(session, plan, from, to);
        session.finish();
    }
}
