package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

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
    // Null unless -Dclnorm.leaks=on.
    private final Throwable site;
    // Native calls outside the lock.
    private int inside;
    private volatile boolean closed;
    private boolean released;

    OpenDevice(
            ReentrantLock lock,
            OpenCl openCl,
            Programs programs,
            DeviceMemory memory,
            String description,
            Throwable site) {
        this.lock = lock;
        this.idle = lock.newCondition();
        this.openCl = openCl;
        this.programs = programs;
        this.memory = memory;
        this.description = description;
        this.site = site;
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

    /**
     * Lets native calls return, blocks until the device is done, and gives everything back. The lock is free while it blocks:
     * other threads learn at once that the device is closed.
     */
    void close() {
        lock.lock();
        try {
            if (closed) {
                awaitUntil(() -> released);
                return;
            }
            // From here on nothing new begins.
            closed = true;
            awaitUntil(() -> inside == 0);
        } finally {
            lock.unlock();
        }
        try {
            NativeCalls.block(openCl::finish);
        } finally {
            lock.lock();
            try {
                releaseAll();
            } finally {
                try {
                    openCl.close();
                } finally {
                    released = true;
                    idle.signalAll();
                    lock.unlock();
                }
            }
        }
    }

    private void awaitUntil(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            idle.awaitUninterruptibly();
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
            Leaks.report("a backend on " + description, site);
            close();
        }
    }
}
