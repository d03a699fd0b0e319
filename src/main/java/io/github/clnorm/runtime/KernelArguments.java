package io.github.clnorm.runtime;

import io.github.clnorm.runtime.opencl.OpenCl;

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

    KernelArguments add(float value) {
        openCl.setArgument(kernel, next++, value);
        return this;
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
