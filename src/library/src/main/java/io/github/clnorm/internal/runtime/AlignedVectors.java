package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.plan.Plan;

/**
 * Whether each vector of a tensor lies at a multiple of its own size, so that kernels are built with the macro {@code
 * ALIGNED}. This decides speed, not results. Immutable.
 */
final class AlignedVectors {

    /** The largest size of a vector: 16 elements of 8 bytes. Buffers and sub-buffers begin at its multiples. */
    static final int LARGEST_BYTES = 128;

    private final boolean possible;
    private final int vectorWidth;

    /**
     * The rule for the kernels of a plan.
     *
     * @param buffers whether all tensors of the pass begin at multiples of {@link #LARGEST_BYTES}
     */
    AlignedVectors(DeviceInfo device, Plan plan, boolean buffers) {
        this.possible = buffers && plan.vectorWidth() > 1 && Quirks.alignsVectors(device);
        this.vectorWidth = plan.vectorWidth();
    }

    /** For kernels that go along rows and do not use runs. */
    boolean alongRows(Geometry geometry) {
        return fits(geometry.width());
    }

    /** For kernels that go along the runs of rows. */
    boolean alongRuns(Geometry geometry) {
        return fits(geometry.width()) && (geometry.run() == 1 || fits(geometry.run()));
    }

    /** For kernels that go across rows. */
    boolean acrossRows(Geometry geometry) {
        return fits(geometry.groups() * geometry.width());
    }

    /** For kernels that go across rows and whose work-groups take {@code sets} neighbouring sets each. */
    boolean acrossRows(Geometry geometry, int sets) {
        return acrossRows(geometry) && (sets >= geometry.groups() || fits(sets * geometry.width()));
    }

    private boolean fits(long elements) {
        return possible && elements % vectorWidth == 0;
    }
}
