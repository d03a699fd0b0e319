package io.github.clnorm.runtime;

/**
 * What one thread allocates on a session while the scope is open. Scopes nest. Not thread-safe: only the thread that opened it
 * may use it.
 */
public final class SessionScope implements AutoCloseable {

    private final Session session;
    private final ThreadLocal<SessionScope> current;
    private final Thread thread = Thread.currentThread();
    private final SessionScope outer;
    private final ScopeMembers members = new ScopeMembers();
    private boolean closed;

    /** Opens a scope inside the thread's current one. */
    SessionScope(Session session, ThreadLocal<SessionScope> current) {
        this.session = session;
        this.current = current;
        this.outer = current.get();
        current.set(this);
    }

    void add(Allocation allocation) {
        allocation.enter(members);
    }

    /**
     * Hands a buffer of this scope to the scope around it; where there is none, to the caller. No-op for buffers of other
     * scopes.
     *
     * @param buffer a buffer
     * @throws IllegalStateException when another thread opened the scope, or it is closed
     */
    public void keep(DeviceBuffer buffer) {
        checkThread();
        session.exclusively(() -> {
            if (closed) {
                throw new IllegalStateException("the scope is closed");
            }
            if (buffer.allocation().leaveScope(members) && outer != null) {
                outer.add(buffer.allocation());
            }
            return null;
        });
    }

    private void checkThread() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("a scope belongs to the thread that opened it, " + thread.getName()
                    + ", but this is " + Thread.currentThread().getName());
        }
    }

    /**
     * Closes what was allocated in it and not kept, and scopes inside it that are still open.
     *
     * @throws IllegalStateException when another thread opened it
     */
    @Override
    public void close() {
        checkThread();
        if (closed) {
            return;
        }
        for (SessionScope inner = current.get(); inner != this; inner = current.get()) {
            inner.close();
        }
        if (outer == null) {
            current.remove();
        } else {
            current.set(outer);
        }
        session.exclusively(() -> {
            closed = true;
            members.closeAll();
            return null;
        });
    }
}
