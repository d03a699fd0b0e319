package io.github.clnorm.internal.driver;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.github.clnorm.internal.team.Placement;
import java.util.ArrayList;
import java.util.List;

/**
 * Binds the helpers of a team to processors of Linux, one each, and never to the one that the caller runs on. Without
 * this, Linux wakes a helper on the caller's processor and leaves both there for milliseconds, while another processor is
 * idle. The caller's thread is not bound; when it moves, the helper that is in its way moves to where it was. Thread-safe.
 */
public final class CpuBinding implements Placement {

    // The size of glibc's cpu_set_t, for 1024 processors.
    private static final int SET_BYTES = 128;
    private static final int NO_CPU = -1;
    // Calls in a row on another processor after which the caller has moved there.
    private static final int MOVED = 3;

    private final int[] cpus;
    // By helper; 0 until it has started.
    private final int[] threads;
    // By helper: the processor it is bound to.
    private final int[] places;
    private volatile int callersCpu = NO_CPU;
    private volatile int seenElsewhere;

    /** The C library's calls. */
    private static final class C {
        static final boolean FOUND = found();

        private static boolean found() {
            if (JnaStart.problem().isPresent() || !System.getProperty("os.name").equals("Linux")) {
                return false;
            }
            try {
                Native.register(C.class, (String) null);
                return true;
            } catch (UnsatisfiedLinkError e) {
                return false;
            }
        }

        static native int sched_getcpu();

        static native int gettid();

        static native int sched_getaffinity(int thread, long bytes, Pointer set);

        static native int sched_setaffinity(int thread, long bytes, Pointer set);
    }

    private CpuBinding(int[] cpus, int helpers) {
        this.cpus = cpus;
        this.threads = new int[helpers];
        this.places = new int[helpers];
    }

    /**
     * A placement for the helpers of a team.
     *
     * @param helpers their number
     * @return one that binds them if there is one processor for each thread of the team and no more, else one that does nothing
     */
    public static Placement of(int helpers) {
        if ("off".equals(System.getProperty("clnorm.binding")) || !C.FOUND) {
            return Placement.NONE;
        }
        int[] cpus = allowed();
        return helpers > 0 && cpus.length == helpers + 1 ? new CpuBinding(cpus, helpers) : Placement.NONE;
    }

    /** The processors that this process may use. */
    private static int[] allowed() {
        try (Memory set = new Memory(SET_BYTES)) {
            set.clear();
            if (C.sched_getaffinity(0, SET_BYTES, set) < 0) {
                return new int[0];
            }
            List<Integer> cpus = new ArrayList<>();
            for (int cpu = 0; cpu < SET_BYTES * Byte.SIZE; cpu++) {
                if ((set.getByte(cpu / Byte.SIZE) & 1 << cpu % Byte.SIZE) != 0) {
                    cpus.add(cpu);
                }
            }
            return cpus.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    @Override
    public synchronized void helperStarted(int helper) {
        threads[helper] = C.gettid();
        bind(helper);
    }

    @Override
    public void callerRuns() {
        int cpu = C.sched_getcpu();
        if (cpu == callersCpu) {
            seenElsewhere = 0;
            return;
        }
        // Callers on several processors in turn do not move helpers with each call. A lost update does no harm.
        seenElsewhere++;
        if (callersCpu == NO_CPU || seenElsewhere >= MOVED) {
            seenElsewhere = 0;
            moved(cpu);
        }
    }

    private synchronized void moved(int cpu) {
        int before = callersCpu;
        if (cpu == before || cpu < 0) {
            return;
        }
        callersCpu = cpu;
        if (before == NO_CPU) {
            int helper = 0;
            for (int other : cpus) {
                if (other != cpu && helper < places.length) {
                    places[helper] = other;
                    bind(helper);
                    helper++;
                }
            }
            return;
        }
        for (int helper = 0; helper < places.length; helper++) {
            if (places[helper] == cpu) {
                places[helper] = before;
                bind(helper);
            }
        }
    }

    private void bind(int helper) {
        if (threads[helper] == 0 || callersCpu == NO_CPU) {
            return;
        }
        try (Memory set = new Memory(SET_BYTES)) {
            set.clear();
            set.setByte(places[helper] / Byte.SIZE, (byte) (1 << places[helper] % Byte.SIZE));
            // An error, such as for a processor that the process may not use any more, leaves the thread where it is.
            C.sched_setaffinity(threads[helper], SET_BYTES, set);
        }
    }
}
