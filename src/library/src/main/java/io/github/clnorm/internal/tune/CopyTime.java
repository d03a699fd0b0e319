package io.github.clnorm.internal.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.runtime.Copy;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Session;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/** Times a plain copy of a tensor. The time bounds which times of a pass are plausible. */
final class CopyTime {

    private static final System.Logger LOG = System.getLogger(CopyTime.class.getName());
    private static final int TRIES = 5;

    private CopyTime() {}

    /** The time of a good copy in nanoseconds; 0 if none runs. */
    static double of(Session session, DeviceBuffer from, DeviceBuffer to, LongSupplier clock) {
        double best = 0;
        for (Copy.Variant plan : plans(session.device())) {
            try {
                double time = time(session, plan, from, to, clock);
                best = best == 0 ? time : Math.min(best, time);
            } catch (ClException e) {
                LOG.log(Level.DEBUG, "no copy by {0}: {1}", plan, e.getMessage());
            }
        }
        return best;
    }

    private static double time(
            Session session, Copy.Variant plan, DeviceBuffer from, DeviceBuffer to, LongSupplier clock) {
        long[] times = new long[TRIES];
        for (int i = 0; i < TRIES; i++) {
            long start = clock.getAsLong();
            Copy.enqueue(session, plan, from, to);
            session.finish();
            times[i] = clock.getAsLong() - start;
        }
        // The first time includes the driver's compiler.
        return Arrays.stream(times).skip(1).min().orElseThrow();
    }

    private static List<Copy.Variant> plans(DeviceInfo device) {
        if (Quirks.prefersVectorsToWorkItems(device)) {
            return List.of(
                    new Copy.Variant(1, 16, 1 << 16, false, Quirks.prefetches(device)),
                    new Copy.Variant(1, 16, 1 << 16, true, false));
        }
        int width = Quirks.prefersWorkItemsToVectors(device) ? 1 : 4;
        int group = Integer.highestOneBit(Math.max(1, Math.min(256, device.maxWorkGroupSize())));
        return List.of(new Copy.Variant(group, width, 4L * group * width, false, false));
    }
}
