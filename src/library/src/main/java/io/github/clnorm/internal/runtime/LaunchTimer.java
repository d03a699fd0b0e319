package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.util.function.Supplier;

/** Knows whose launches are timed: those of one thread, or none. The session's lock guards it. */
final class LaunchTimer {

    private final OpenCl openCl;
    private LaunchTimes times;
    private Thread thread;

    LaunchTimer(OpenCl openCl) {
        this.openCl = openCl;
    }

    /**
     * Times the launches of this thread from now on.
     *
     * @throws IllegalStateException when another thread is timing its launches
     */
    LaunchTimes begin() {
        if (times != null) {
            throw new IllegalStateException("launches are being timed already, by thread " + thread.getName());
        }
        thread = Thread.currentThread();
        times = new LaunchTimes(openCl);
        return times;
    }

    /** Ends what {@link #begin} began. */
    void end(LaunchTimes ended) {
        times = null;
        ended.release();
    }

    /** The times that this thread's launches are added to, or null. */
    LaunchTimes current() {
        return thread == Thread.currentThread() ? times : null;
    }

    /** Runs an action whose launches are not timed, even if this thread's are. */
    <T> T untimed(Supplier<T> action) {
        LaunchTimes suspended = current();
        if (suspended == null) {
            return action.get();
        }
        times = null;
        try {
            return action.get();
        } finally {
            times = suspended;
            thread = Thread.currentThread();
        }
    }
}
