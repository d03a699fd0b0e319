package io.github.clnorm.runtime;

import io.github.clnorm.geometry.Cut;
import io.github.clnorm.geometry.Geometry;
import io.github.clnorm.geometry.GradientCut;
import io.github.clnorm.runtime.opencl.OpenCl;
import io.github.clnorm.type.ElementType;

/** Sets a kernel's arguments one after another. The caller holds the session's lock. */
final class KernelArguments {
    private final OpenCl openCl;
    private final OpenCl.Kernel kernel;
    private int next;

    KernelArguments(OpenCl openCl, OpenCl.Kernel kernel) {
        this.openCl = openCl;
        this.kernel = kernel;
    }

    KernelArguments add(DeviceBuffer buffer) {
        openCl.setArgument(kernel, next++, buffer == null ? null : buffer.memory());
        return this;
    }

    KernelArguments add(long value) {
        openCl.setArgument(kernel, next++, value);
        return this;
    }

    KernelArguments add(int value) {
        openCl.setArgument(kernel, next++, value);
        return this;
    }

    /** A value of the kernel's `real`. */
    KernelArguments addReal(ElementType real, double value) {
        if (real == ElementType.FLOAT64) {
            openCl.setArgument(kernel, next++, value);
        } else {
            openCl.setArgument(kernel, next++, (float) value);
        }
        return this;
    }

    /** SETS_ARGUMENTS of sets.cl. */
    KernelArguments add(Geometry sets) {
        return add(sets.rows()).add(sets.groups()).add(sets.width()).add(sets.run());
    }

    /** RUNS_ARGUMENTS of gradient.cl. */
    KernelArguments add(GradientCut cut) {
        return add(cut.blocks()).add(cut.runs()).add(cut.perRun());
    }

    /** CUT_ARGUMENTS of moments.cl. */
    KernelArguments add(ElementType real, Cut cut) {
        double unit = cut.unit();
        return add(cut.blocks())
                .add(cut.period())
                .add(cut.full())
                .add(cut.fuller())
                .addReal(real, cut.more() / unit)
                .addReal(real, cut.less() / unit)
                .addReal(real, unit);
    }

    KernelArguments addLocal(long bytes) {
        openCl.setLocalArgument(kernel, next++, bytes);
        return this;
    }

    /** Leaves an argument for later: its index. */
    int skip() {
        return next++;
    }
}
