package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.OpenCl;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * What a session must release: memory, programs, queue and context. It does not refer to the session, so that a session can
 * become unreachable before it is closed; {@link #run} then closes it.
 */
final class OpenDevice implements Runnable {

    private final ReentrantLock lock;
    private final Condition idle;
    private final OpenCl openCl;
    private final CommandOrder order;
    private final Programs programs;
    private final DeviceMemory memory;
    private final HostMemory hostMemory;
    private final DeviceInfo device;
    // Null unless -Dclnorm.leaks=on.
    private final Throwable site;
    // Native calls that run without the lock.
    private int inside;
    private volatile boolean closed;
    private boolean released;

    OpenDevice(
            ReentrantLock lock,
            OpenCl openCl,
            CommandOrder order,
            Programs programs,
            DeviceMemory memory,
            HostMemory hostMemory,
            DeviceInfo device,
            Throwable site) {
        this.lock = lock;
        this.idle = lock.newCondition();
        this.openCl = openCl;
        this.order = order;
        this.programs = programs;
        this.memory = memory;
        this.hostMemory = hostMemory;
        this.device = device;
        this.site = site;
    }

    boolean isClosed() {
        return closed;
    }

    /**
     * Rejects calls after {@link #close}.
     *
     * @throws IllegalStateException when the device is closed
     */
    void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the backend on " + device.name() + " is closed");
        }
    }

    /** Called with the lock, before a native call without it. */
    void enter() {
        inside++;
    }

    /** Called with the lock, after a native call without it. */
    void leave() {
        inside--;
        if (inside == 0) {
            idle.signalAll();
        }
    }

    /** Blocks until everything enqueued is done, without the lock. */
    void finish() {
        lock.lock();
        try {
            checkOpen();
            enter();
        } finally {
            lock.unlock();
        }
        try {
            NativeCalls.block(openCl::finish);
        } finally {
            lock.lock();
            try {
                leave();
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Waits for native calls and for the device, and releases everything. The lock is free while it blocks, so that other
     * threads are rejected at once.
     */
    void close() {
        lock.lock();
        try {
            if (closed) {
                awaitUntil(() -> released);
                return;
            }
            // From here on new calls are rejected.
            closed = true;
            awaitUntil(() -> inside == 0);
        } finally {
            lock.unlock();
        }
        try {
            NativeCalls.block(openCl::finish);
        } finally {
            lock.lock();
            order.end();
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

    /** Releases everything, even after a failure; throws the first failure at the end. */
    private void releaseAll() {
        List<Runnable> releases = new ArrayList<>(memory.releases());
        releases.add(hostMemory::close);
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

    /** Called when the session is unreachable. No-op when it was closed. */
    @Override
    public void run() {
        if (!closed) {
            Leaks.report("a backend on " + device.description(), site);
            close();
        }
    }
}
