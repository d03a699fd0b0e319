package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.LaunchBound;
import java.util.ArrayList;
import java.util.List;

/** Collects the launches of a pass. The caller holds the session's lock. */
final class Launcher {

    private final Session session;
    private final List<Launches.Launch> launches = new ArrayList<>();
    private KernelArguments arguments;

    Launcher(Session session) {
        this.session = session;
    }

    /** The arguments of the next launch, which is of this kernel. */
    KernelArguments arguments(OpenCl.Kernel kernel) {
        arguments = new KernelArguments();
        return arguments;
    }

    /** One launch, or several where one would hold a slow device for too long. */
    void launch(OpenCl.Kernel kernel, int workGroupSize, int firstGroupArgument, long groups, long elementsPerGroup) {
        long atOnce = Math.max(1, LaunchBound.elements(session.device()) / Math.max(1, elementsPerGroup));
        launches.add(new Launches.Launch(kernel, arguments, workGroupSize, firstGroupArgument, groups, atOnce));
    }

    /**
     * What was collected.
     *
     * @param standIns for the buffers of {@link Launches#enqueue}, where there are any
     */
    Launches launches(DeviceBuffer... standIns) {
        return new Launches(session, launches, standIns);
    }
}
