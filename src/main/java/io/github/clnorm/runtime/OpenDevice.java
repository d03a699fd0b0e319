package io.github.clnorm.runtime;

import io.github.clnorm.runtime.opencl.OpenCl;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a session must give back: memory, programs, queue and context. It does not refer to the session, so that a session
 * can become unreachable before it is closed: {@link #run} then closes it.
 */
final class OpenDevice implements Runnable {

    private final ReentrantLock lock;
    private final Condition idle;
    private final OpenCl openCl;
    private final Programs programs;
    private final DeviceMemory memory;
    private final String description;
    // Native calls outside the lock.
    private int inside;
    private volatile boolean closed;

    OpenDevice(ReentrantLock lock, OpenCl openCl, Programs programs, DeviceMemory memory, String description) {
        this.lock = lock;
        this.idle = lock.newCondition();
        this.openCl = openCl;
        this.programs = programs;
        this.memory = memory;
        this.description = description;
    }

    boolean isClosed() {
        return closed;
    }

    /** A native call begins that does not hold the lock. The caller holds it now. */
    void enter() {
        inside++;
    }

    /** It has returned. The caller holds the lock again. */
    void leave() {
        inside--;
        if (inside == 0) {
            idle.signalAll();
        }
    }

    /** Lets native calls return, blocks until the device is done, and gives everything back. */
    void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            // From here on nothing new begins.
            closed = true;
            while (inside > 0) {
                idle.awaitUninterruptibly();
            }
            try {
                openCl.finish();
            } finally {
                try {
                    releaseAll();
                } finally {
                    openCl.close();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Releases everything, also behind something that cannot be released; the first failure is thrown at the end. */
    private void releaseAll() {
        List<Runnable> releases = new ArrayList<>(memory.releases());
        releases.add(programs::close);
        RuntimeException first = null;
        for (Runnable release : releases) {
            try {
                release.run();
            } catch (RuntimeException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /** The session is unreachable. Does nothing where it was closed. */
    @Override
    public void run() {
        if (!closed) {
            Leaks.report("a backend on " + description, null);
            close();
        }
    }
}
