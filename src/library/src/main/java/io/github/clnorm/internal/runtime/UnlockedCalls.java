package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Work that blocks in the driver or touches mapped memory. It runs without the session's lock; the session waits for its end
 * before it releases anything. Thread-safe.
 */
final class UnlockedCalls {

    private final Session session;
    private final OpenDevice open;

    UnlockedCalls(Session session, OpenDevice open) {
        this.session = session;
        this.open = open;
    }

    /**
     * Runs a call that reads an allocation.
     *
     * @throws IllegalStateException when the device or the allocation is closed, or a transfer is filling it
     */
    void read(Allocation from, Consumer<OpenCl.Memory> call) {
        use(from, () -> from.pin(session.order()), call);
    }

    /**
     * Runs a call of the transfer that fills an allocation.
     *
     * @throws IllegalStateException when the device or the allocation is closed
     */
    void fill(Allocation to, Consumer<OpenCl.Memory> call) {
        use(to, to::pinForFilling, call);
    }

    private void use(Allocation allocation, Supplier<OpenCl.Memory> pin, Consumer<OpenCl.Memory> call) {
        OpenCl.Memory pinned = session.exclusively(() -> {
            open.checkOpen();
            OpenCl.Memory memory = pin.get();
            open.enter();
            return memory;
        });
        try {
            NativeCalls.block(() -> call.accept(pinned));
        } finally {
            session.exclusively(() -> {
                open.leave();
                allocation.unpin();
            });
        }
    }

    /**
     * Runs short steps that do not block, with the session's lock.
     *
     * @throws IllegalStateException when the device is closed
     */
    <T> T locked(Supplier<T> steps) {
        return session.exclusively(() -> {
            open.checkOpen();
            return steps.get();
        });
    }

    /** The same, also if the device is closed. */
    void evenIfClosed(Runnable steps) {
        session.exclusively(steps);
    }

    /**
     * Runs a call that uses the session's own memory.
     *
     * @throws IllegalStateException when the device is closed
     */
    void run(Runnable call) {
        session.exclusively(() -> {
            open.checkOpen();
            open.enter();
        });
        try {
            NativeCalls.block(call);
        } finally {
            session.exclusively(open::leave);
        }
    }
}
