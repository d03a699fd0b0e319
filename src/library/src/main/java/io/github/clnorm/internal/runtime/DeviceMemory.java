package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A session's allocator: open allocations, the free list, and allocations that became unreachable. The session's lock guards
 * everything but {@link #forgotten}.
 *
 * <p>Java's garbage collector does not see device memory, so it does not run when that is full. The allocator runs it when an
 * allocation fails, and when twice as much is allocated as the last collection left. Programs that do not close their tensors
 * go on working, and programs that do are rarely stopped for a collection.
 */
final class DeviceMemory {

    // The free list holds at most 1/4 of the device's memory.
    private static final int FREE_SHARE = 4;
    // No collection below these limits.
    private static final long FEW_BYTES = 256L << 20;
    private static final int FEW_ALLOCATIONS = 4096;
    // Small devices, such as those of phones: at most 1/8 of their memory.
    private static final int FEW_SHARE = 8;
    private static final long CLEANER_MILLISECONDS = 200;
    // Waits of 4, 8, … 512 ms: an allocation fails after one second in all.
    private static final int MOST_TRIES = 10;

    private static final AtomicBoolean CANNOT_COLLECT = new AtomicBoolean();

    private final OpenCl openCl;
    private final DeviceInfo device;
    private final SharedContext context;
    private final CommandOrder order;
    private final ReentrantLock lock;
    private final FreeBuffers free;
    private final Set<Allocation> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Allocation> scratches = Collections.newSetFromMap(new IdentityHashMap<>());
    // Callers' direct buffers that the device works on.
    private final Set<SharedBuffer> windows = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Deque<Held> held = new ArrayDeque<>();
    private final Queue<Allocation> forgotten = new ConcurrentLinkedQueue<>();
    private final long fewBytes;

    private long inUse;
    private long peak;
    private long scratchBytes;
    // Beyond these a collection runs: twice of what the last one left, which is still in use.
    private long collectedBytes;
    private int collectedAllocations = FEW_ALLOCATIONS;

    /** A caller's direct buffer that is no tensor's memory any more, but that commands before an event may still use. */
    private record Held(HostWindow window, OpenCl.Event done) {}

    DeviceMemory(OpenCl openCl, DeviceInfo device, SharedContext context, CommandOrder order) {
        this.openCl = openCl;
        this.device = device;
        this.context = context;
        this.order = order;
        this.lock = context.lock();
        this.free = new FreeBuffers(openCl, device.globalMemory() / FREE_SHARE);
        this.fewBytes = Math.min(FEW_BYTES, device.globalMemory() / FEW_SHARE);
        this.collectedBytes = fewBytes;
    }

    /**
     * Allocates memory with undefined content; none for 0 bytes.
     *
     * @param bytes its size
     * @param scratch whether it is the session's own; it then counts as pooled, not as in use
     */
    Allocation allocate(long bytes, boolean scratch) {
        if (bytes > device.maxBuffer()) {
            throw new IllegalArgumentException("a buffer of " + bytes + " bytes exceeds the largest of "
                    + device.description() + ": " + device.maxBuffer() + " bytes");
        }
        drain();
        if (inUse + bytes > collectedBytes || open.size() >= collectedAllocations) {
            collect();
            collectedBytes = Math.max(fewBytes, 2 * (inUse + bytes));
            collectedAllocations = Math.max(FEW_ALLOCATIONS, 2 * open.size());
        }
        Allocation allocation = Allocation.own(this, bytes == 0 ? null : memory(bytes), bytes, order);
        if (scratch) {
            scratches.add(allocation);
            scratchBytes += bytes;
            return allocation;
        }
        open.add(allocation);
        inUse += bytes;
        peak = Math.max(peak, inUse);
        return allocation;
    }

    /** Adds an allocation in memory that is counted already, or is a caller's. */
    Allocation add(Allocation allocation) {
        drain();
        open.add(allocation);
        return allocation;
    }

    /** A shared buffer for an object of a caller, to which it has a reference. */
    SharedBuffer ofCaller(OpenCl.Memory root, long bytes) {
        SharedBuffer buffer = new SharedBuffer(this, root, bytes, true, null);
        context.add(buffer);
        return buffer;
    }

    private OpenCl.Memory memory(long bytes) {
        OpenCl.Memory memory = free.take(bytes);
        return memory != null ? memory : withRoom(() -> openCl.createBuffer(bytes));
    }

    /**
     * Makes a call that needs device memory. When there is too little, releases the free list and retries, then reclaims
     * unreachable buffers and retries. Then it waits and retries: another process on the device may release its memory.
     */
    <T> T withRoom(Supplier<T> call) {
        ClException failure;
        try {
            return call.get();
        } catch (ClException e) {
            failure = e;
        }
        for (int tries = 0; tries < MOST_TRIES && failure.isOutOfMemory(); tries++) {
            int before = open.size();
            if (tries == 1) {
                collect();
            } else if (tries > 1) {
                // The cleaner's thread reports what the collector found with a delay.
                park(1L << tries);
                drain();
            }
            boolean released = free.release() || open.size() < before;
            if (released || tries > 1) {
                try {
                    return call.get();
                } catch (ClException e) {
                    failure = e;
                }
            }
        }
        throw failure;
    }

    /** Also in a thread that was interrupted, which stays so. */
    private static void park(long milliseconds) {
        awaitUninterruptibly(new CountDownLatch(1), milliseconds);
    }

    private static void awaitUninterruptibly(CountDownLatch latch, long milliseconds) {
        boolean interrupted = Thread.interrupted();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
        for (boolean waiting = true; waiting; ) {
            try {
                latch.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                waiting = false;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs the garbage collector, and reclaims the buffers that it found unreachable. */
    private void collect() {
        CountDownLatch cleaned = new CountDownLatch(1);
        WeakReference<Object> canary = new WeakReference<>(new Object());
        Leaks.register(new Object(), cleaned::countDown);
        System.gc();
        // Reporting does not need the session's lock, which this thread holds.
        awaitUninterruptibly(cleaned, CLEANER_MILLISECONDS);
        drain();
        if (canary.get() != null && CANNOT_COLLECT.compareAndSet(false, true)) {
            Leaks.logger()
                    .log(
                            Level.WARNING,
                            "System.gc() does nothing in this process (-XX:+DisableExplicitGC): device memory of "
                                    + "tensors that are not closed is reclaimed late");
        }
    }

    /** Called by the cleaner's thread without the lock. Reclaims now if the lock is free, else at the next allocation. */
    void forgotten(Allocation allocation) {
        forgotten.add(allocation);
        if (lock.tryLock()) {
            try {
                drain();
            } finally {
                lock.unlock();
            }
        }
    }

    private void drain() {
        while (!held.isEmpty() && openCl.describe(held.peek().done).status() <= 0) {
            openCl.release(held.poll().done);
        }
        boolean isAny = false;
        for (Allocation next = forgotten.poll(); next != null; next = forgotten.poll()) {
            isAny = true;
            try {
                next.close();
            } catch (ClException e) {
                Leaks.logger().log(Level.DEBUG, "a forgotten buffer could not be released", e);
            }
        }
        if (isAny) {
            // The last collection left less than was counted: these were reported late.
            collectedBytes = Math.min(collectedBytes, Math.max(fewBytes, 2 * inUse));
            collectedAllocations = Math.min(collectedAllocations, Math.max(FEW_ALLOCATIONS, 2 * open.size()));
        }
    }

    void closed(Allocation allocation) {
        if (!open.remove(allocation)) {
            scratches.remove(allocation);
            scratchBytes -= allocation.bytes;
        } else if (!allocation.isShared()) {
            inUse -= allocation.bytes;
        }
    }

    /** Called when all allocations of a shared buffer are closed. */
    void unused(SharedBuffer buffer) {
        if (!buffer.isOfCaller()) {
            inUse -= buffer.bytes;
        }
    }

    void keep(OpenCl.Memory memory, long bytes) {
        free.keep(memory, bytes);
    }

    /** Releases a buffer that a caller can reach. */
    void release(SharedBuffer buffer, OpenCl.Memory root) {
        context.remove(buffer, root);
        if (!windows.remove(buffer)) {
            openCl.release(root);
            return;
        }
        HostWindow window = buffer.window();
        // A closed tensor must not keep the buffer reachable.
        buffer.leaveHost();
        window.toDevice(root);
        openCl.release(root);
        held.add(new Held(window, openCl.mark()));
    }

    /** Adds a buffer on a caller's direct buffer. */
    void window(SharedBuffer buffer) {
        windows.add(buffer);
    }

    /** Enqueues handing callers' direct buffers to Java. */
    void toHost() {
        windows.forEach(buffer -> buffer.toHost(order));
    }

    void release(OpenCl.Memory part) {
        openCl.release(part);
    }

    /** Releases the free list. */
    void trim() {
        drain();
        free.release();
    }

    private void releaseHeld() {
        for (Held buffer = held.poll(); buffer != null; buffer = held.poll()) {
            openCl.await(buffer.done);
            openCl.release(buffer.done);
        }
    }

    int openAllocations() {
        drain();
        return open.size();
    }

    int scratchAllocations() {
        return scratches.size();
    }

    AllocatedMemory allocated() {
        drain();
        Set<SharedBuffer> shared = Collections.newSetFromMap(new IdentityHashMap<>());
        int buffers = 0;
        for (Allocation allocation : open) {
            if (!allocation.isShared() || shared.add(allocation.sharedBuffer())) {
                buffers++;
            }
        }
        long ofCaller = shared.stream()
                .filter(SharedBuffer::isOfCaller)
                .mapToLong(buffer -> buffer.bytes)
                .sum();
        return new AllocatedMemory(inUse, free.bytes() + scratchBytes, peak, buffers, ofCaller);
    }

    /** Actions that release everything, one allocation each. */
    List<Runnable> releases() {
        List<Runnable> releases = new ArrayList<>();
        List.copyOf(open).forEach(allocation -> releases.add(allocation::close));
        List.copyOf(scratches).forEach(allocation -> releases.add(allocation::close));
        releases.add(free::release);
        releases.add(this::releaseHeld);
        return releases;
    }
}
