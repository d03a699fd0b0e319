package io.github.clnorm.runtime;

import io.github.clnorm.plan.PlanRules;
import io.github.clnorm.runtime.opencl.OpenCl;

/** Sets kernels' arguments and enqueues them. The caller holds the session's lock. */
final class Launcher {

    private final Session session;

    Launcher(Session session) {
        this.session = session;
    }

    KernelArguments arguments(OpenCl.Kernel kernel) {
        return new KernelArguments(session.openCl(), kernel);
    }

    /** One launch, or several where one would hold a slow device for too long. */
    void launch(OpenCl.Kernel kernel, int workGroupSize, int firstGroupArgument, long groups, long elementsPerGroup) {
        long atOnce = Math.max(1, PlanRules.elementsPerLaunch(session.device()) / Math.max(1, elementsPerGroup));
        for (long first = 0; first < groups; first += atOnce) {
            session.openCl().setArgument(kernel, firstGroupArgument, first);
            session.enqueue(kernel, Math.min(atOnce, groups - first), workGroupSize);
        }
    }
}
