package io.github.clnorm.internal.plan;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Problem;

/** What suits CPUs, forward and backward: work-groups of one work-item with wide vectors. */
final class CpuShape {

    /** Work-groups for each compute unit: several, so that no unit waits long for the last one. */
    static final int PARTS_PER_UNIT = 4;

    /** Elements of a work-group that takes several small sets. */
    static final int PACKED_ELEMENTS = 4096;

    /** Elements of a vector, where rows and runs are long enough. */
    static final int VECTOR = 16;

    private static final int LEAST_VECTOR = 4;
    // With as many columns in a row, a vector that is cut off at its end costs little.
    private static final int WIDE_ROW = 256;

    private CpuShape() {}

    static long units(DeviceInfo device) {
        return Math.max(1, device.computeUnits());
    }

    /** Work-groups that keep all units busy to the end. */
    static long wanted(DeviceInfo device) {
        return PARTS_PER_UNIT * units(device);
    }

    /** Whether equal shares keep all units busy to the end. */
    static boolean balanced(long shares, DeviceInfo device) {
        return shares % units(device) == 0 || shares >= wanted(device);
    }

    /**
     * Whether input and output together exceed the last-level cache, on a CPU that gains by non-temporal stores: the next pass
     * would not find the output there.
     */
    static boolean bypassesCache(Problem problem, DeviceInfo device) {
        return Quirks.prefersStreamingStores(device)
                && device.globalCache() > 0
                && 2 * problem.geometry().elements() * problem.type().bytes() > device.globalCache();
    }

    /** The widest vector that fills narrow rows, for work across rows. */
    static int vectorAcross(Geometry geometry) {
        int columns = Columns.of(geometry).columns();
        return columns >= WIDE_ROW ? VECTOR : Math.max(LEAST_VECTOR, Math.min(VECTOR, Integer.lowestOneBit(columns)));
    }

    /** The widest vector that is not much wider than the elements that are worked on together. */
    static int vectorAlong(long elements) {
        return elements < VECTOR ? (int) Math.max(LEAST_VECTOR, Long.highestOneBit(elements)) : VECTOR;
    }
}
