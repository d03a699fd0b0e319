package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;

/** Enqueues kernel launches on the device's queue. The session's lock guards it. */
final class LaunchQueue {

    private final OpenCl openCl;
    private final OpenDevice open;
    private final CommandOrder order;
    private final DeviceMemory memory;
    private final LaunchTimer timer;

    LaunchQueue(OpenCl openCl, OpenDevice open, CommandOrder order, DeviceMemory memory, LaunchTimer timer) {
        this.openCl = openCl;
        this.open = open;
        this.order = order;
        this.memory = memory;
        this.timer = timer;
    }

    /** Tells the timer which plan the next launches belong to. */
    void planned(Plan plan) {
        LaunchTimes times = timer.current();
        if (times != null) {
            times.planned(plan);
        }
    }

    /** Enqueues a launch, and times it if this thread's launches are timed. */
    void enqueue(BuiltKernel kernel, KernelArguments arguments, long workGroups, int workGroupSize) {
        open.checkOpen();
        kernel.place(arguments, order);
        LaunchTimes times = timer.current();
        boolean timed = times != null;
        // Some drivers allocate a buffer's memory when it is first used.
        OpenCl.Event event = memory.withRoom(() -> openCl.enqueue(kernel.kernel(), workGroups, workGroupSize, timed));
        if (timed) {
            times.add(event);
        }
    }

    /** Sends what is enqueued to the device. */
    void flush() {
        openCl.flush();
    }
}
