package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import java.util.List;

/**
 * The launches of a pass, ready for any buffers: everything that depends on the problem and the plan alone is done once, and
 * what remains of a call is to put the buffers in and to enqueue. The caller holds the session's lock.
 */
final class Launches {

    /**
     * Launches of one kernel.
     *
     * @param kernel the kernel
     * @param arguments all but the first work-group's index
     * @param workGroupSize work-items of a work-group
     * @param firstGroupArgument takes the index of a launch's first work-group
     * @param groups work-groups in all
     * @param atOnce work-groups that one launch may have
     */
    record Launch(
            OpenCl.Kernel kernel,
            KernelArguments arguments,
            int workGroupSize,
            int firstGroupArgument,
            long groups,
            long atOnce) {}

    /**
     * What launches are made for.
     *
     * @param problem forward or backward
     * @param plan how
     * @param eps added to the variance
     * @param present which buffers there are, a bit for each
     */
    record Key(Problem problem, Plan plan, double eps, long present) {

        static Key of(Problem problem, Plan plan, double eps, DeviceBuffer... buffers) {
            long present = 0;
            for (int i = 0; i < buffers.length; i++) {
                present |= buffers[i] == null ? 0 : 1L << i;
            }
            return new Key(problem, plan, eps, present);
        }
    }

    private static final int NONE = -1;

    private final Session session;
    private final Launch[] launches;
    // Of every argument of every launch: which of the buffers it takes, or none of them.
    private final int[][] roles;
    private final int scratchGeneration;

    Launches(Session session, List<Launch> launches, DeviceBuffer... standIns) {
        this.session = session;
        this.launches = launches.toArray(Launch[]::new);
        this.roles = new int[this.launches.length][];
        for (int i = 0; i < roles.length; i++) {
            roles[i] = roles(this.launches[i].arguments, standIns);
        }
        this.scratchGeneration = session.scratchGeneration();
    }

    private static int[] roles(KernelArguments arguments, DeviceBuffer... standIns) {
        int[] roles = new int[arguments.count()];
        for (int i = 0; i < roles.length; i++) {
            roles[i] = NONE;
            for (int role = 0; role < standIns.length; role++) {
                if (standIns[role] != null && standIns[role] == arguments.buffer(i)) {
                    roles[i] = role;
                }
            }
        }
        return roles;
    }

    /** A buffer in the place of each, for collecting launches; null where there is none. */
    static DeviceBuffer[] standIns(Session session, DeviceBuffer... buffers) {
        DeviceBuffer[] standIns = new DeviceBuffer[buffers.length];
        for (int i = 0; i < buffers.length; i++) {
            standIns[i] = buffers[i] == null ? null : DeviceBuffer.standIn(session);
        }
        return standIns;
    }

    /** Whether the scratch buffers that they use are still the session's. */
    boolean isValid() {
        return scratchGeneration == session.scratchGeneration();
    }

    /** Enqueues all of them, without sending them to the device. */
    void enqueue(DeviceBuffer... buffers) {
        try {
            enqueueAll(buffers);
        } finally {
            forgetBuffers();
        }
    }

    private void enqueueAll(DeviceBuffer... buffers) {
        for (int i = 0; i < launches.length; i++) {
            Launch launch = launches[i];
            for (int argument = 0; argument < roles[i].length; argument++) {
                if (roles[i][argument] != NONE) {
                    launch.arguments.set(argument, buffers[roles[i][argument]]);
                }
            }
            for (long first = 0; first < launch.groups; first += launch.atOnce) {
                launch.arguments.set(launch.firstGroupArgument, first);
                session.enqueue(
                        launch.kernel,
                        launch.arguments,
                        Math.min(launch.atOnce, launch.groups - first),
                        launch.workGroupSize);
            }
        }
    }

    /** Refers to no caller's buffer any more: what a program forgets must be reclaimed. */
    private void forgetBuffers() {
        for (int i = 0; i < launches.length; i++) {
            for (int argument = 0; argument < roles[i].length; argument++) {
                if (roles[i][argument] != NONE) {
                    launches[i].arguments.set(argument, null);
                }
            }
        }
    }
}
