package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.plan.Plan;
import java.util.List;

/**
 * The launches of a pass, ready for any buffers. Work that depends only on problem and plan is done once; a call sets the
 * buffers and enqueues. The caller holds the session's lock.
 */
final class Launches {

    /**
     * Launches of one kernel.
     *
     * @param kernel the kernel
     * @param arguments all of them, with stand-ins for buffers and 0 for the first work-group's index
     * @param workGroupSize work-items of a work-group
     * @param firstGroupArgument the index of the argument that takes a launch's first work-group
     * @param groups work-groups in all
     * @param atOnce the most work-groups of one launch
     * @param inTurns whether each turn takes the next share of the work-groups
     */
    record Launch(
            BuiltKernel kernel,
            KernelArguments arguments,
            int workGroupSize,
            int firstGroupArgument,
            long groups,
            long atOnce,
            boolean inTurns) {}

    /**
     * The turns of a plan. Each of them enqueues the launches that follow the turns, one after another, for its share of
     * their work-groups.
     *
     * @param count how many
     * @param units what is shared out, at least {@code count}: sets or samples. The work-groups of each launch that follows the
     *     turns are a multiple of it
     */
    record TurnShares(int count, long units) {

        /** The first of some work-groups that a turn takes, or the end of the turn before. */
        long from(int turn, long groups) {
            return groups / units * (units * turn / count);
        }
    }

    /**
     * What launches depend on.
     *
     * @param problem forward or backward
     * @param phase which launches
     * @param plan the plan
     * @param eps added to the variance
     * @param present which buffers are not null, a bit for each
     * @param aligned whether all buffers are {@linkplain DeviceBuffer#isAligned() aligned}
     */
    record Key(Problem problem, Phase phase, Plan plan, double eps, long present, boolean aligned) {

        static Key of(Problem problem, Phase phase, Plan plan, double eps, DeviceBuffer... buffers) {
            long present = 0;
            boolean aligned = true;
            for (int i = 0; i < buffers.length; i++) {
                if (buffers[i] != null) {
                    present |= 1L << i;
                    aligned &= buffers[i].isAligned();
                }
            }
            return new Key(problem, phase, plan, eps, present, aligned);
        }
    }

    private static final int NONE = -1;

    private final Session session;
    private final Launch[] launches;
    // For every argument of every launch: the index of the pass's buffer that it takes, or NONE.
    private final int[][] roles;
    private final TurnShares turns;
    private final int scratchGeneration;

    Launches(Session session, List<Launch> launches, TurnShares turns, DeviceBuffer... standIns) {
        this.session = session;
        this.turns = turns;
        this.launches = launches.toArray(Launch[]::new);
        this.roles = new int[this.launches.length][];
        for (int i = 0; i < roles.length; i++) {
            roles[i] = roles(this.launches[i].arguments.buffers, standIns);
        }
        this.scratchGeneration = session.scratch().generation();
    }

    private static int[] roles(DeviceBuffer[] buffers, DeviceBuffer... standIns) {
        int[] roles = new int[buffers.length];
        for (int i = 0; i < roles.length; i++) {
            roles[i] = NONE;
            for (int role = 0; role < standIns.length; role++) {
                if (standIns[role] != null && standIns[role] == buffers[i]) {
                    roles[i] = role;
                }
            }
        }
        return roles;
    }

    /** Whether the scratch buffers that they use are still open. */
    boolean isValid() {
        return scratchGeneration == session.scratch().generation();
    }

    /** Enqueues all launches; the caller flushes. */
    void enqueue(DeviceBuffer... buffers) {
        try {
            enqueueAll(buffers);
        } finally {
            forgetBuffers();
        }
    }

    private void enqueueAll(DeviceBuffer... buffers) {
        for (int i = 0; i < launches.length; i++) {
            for (int argument = 0; argument < roles[i].length; argument++) {
                if (roles[i][argument] != NONE) {
                    launches[i].arguments.buffers[argument] = buffers[roles[i][argument]];
                }
            }
        }
        int next = 0;
        while (next < launches.length) {
            int end = next + 1;
            while (launches[next].inTurns && end < launches.length && launches[end].inTurns) {
                end++;
            }
            enqueueTurns(next, end);
            next = end;
        }
    }

    /** Enqueues some successive launches: in the plan's turns, or one that does not follow them. */
    private void enqueueTurns(int start, int end) {
        if (!launches[start].inTurns) {
            enqueue(launches[start], 0, launches[start].groups);
            return;
        }
        for (int turn = 0; turn < turns.count; turn++) {
            for (int i = start; i < end; i++) {
                long groups = launches[i].groups;
                enqueue(launches[i], turns.from(turn, groups), turns.from(turn + 1, groups));
            }
        }
    }

    /** Enqueues some work-groups, in several launches if they are too many for one. */
    private void enqueue(Launch launch, long from, long end) {
        for (long first = from; first < end; first += launch.atOnce) {
            launch.arguments.numbers[launch.firstGroupArgument] = first;
            session.queue()
                    .enqueue(
                            launch.kernel,
                            launch.arguments,
                            Math.min(launch.atOnce, end - first),
                            launch.workGroupSize);
        }
    }

    /** Drops references to the caller's buffers, which would keep unreachable ones from being reclaimed. */
    private void forgetBuffers() {
        for (int i = 0; i < launches.length; i++) {
            for (int argument = 0; argument < roles[i].length; argument++) {
                if (roles[i][argument] != NONE) {
                    launches[i].arguments.buffers[argument] = null;
                }
            }
        }
    }
}
