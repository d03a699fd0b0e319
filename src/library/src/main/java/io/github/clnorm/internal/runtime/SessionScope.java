package io.github.clnorm.internal.runtime;

import java.lang.ref.WeakReference;

/**
 * Closes what one thread allocates on a session while the scope is open. Scopes nest. Not thread-safe: only the thread that
 * opened it may use it.
 */
public final class SessionScope implements AutoCloseable {

    private final Session session;
    private final ThreadLocal<Link> current;
    private final Thread thread = Thread.currentThread();
    private final SessionScope outer;
    private final ScopeMembers members = new ScopeMembers();
    private boolean closed;

    /** A thread's open scopes, the innermost first. Weak, so that an unreachable scope keeps nothing alive. */
    static final class Link extends WeakReference<SessionScope> {
        private final Link outer;

        private Link(SessionScope scope, Link outer) {
            super(scope);
            this.outer = outer;
        }
    }

    /** Opens a scope inside the thread's current one. */
    SessionScope(Session session, ThreadLocal<Link> current) {
        this.session = session;
        this.current = current;
        this.outer = current(current);
        current.set(new Link(this, current.get()));
    }

    /** The thread's innermost open scope, or null. */
    static SessionScope current(ThreadLocal<Link> scopes) {
        Link link = scopes.get();
        SessionScope scope = null;
        while (link != null) {
            scope = link.get();
            if (scope != null && !scope.closed) {
                return scope;
            }
            link = link.outer;
            if (link == null) {
                scopes.remove();
            } else {
                scopes.set(link);
            }
        }
        return null;
    }

    void add(Allocation allocation) {
        allocation.enter(members);
    }

    /**
     * Moves a buffer of this scope, or of a scope inside it, to the enclosing scope. Without one, the caller must close it.
     * No-op for buffers of other scopes.
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
            for (SessionScope scope = current(current); scope != null; scope = scope == this ? null : scope.outer) {
                if (buffer.allocation().leaveScope(scope.members) && outer != null) {
                    outer.add(buffer.allocation());
                }
            }
        });
    }

    private void checkThread() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("a scope belongs to the thread that opened it, " + thread.getName()
                    + ", but this is " + Thread.currentThread().getName());
        }
    }

    /**
     * Closes the buffers that were allocated in it and not kept, and scopes inside it that are still open.
     *
     * @throws IllegalStateException when another thread opened it
     */
    @Override
    public void close() {
        checkThread();
        if (closed) {
            return;
        }
        for (SessionScope inner = current(current); inner != null && inner != this; inner = current(current)) {
            inner.close();
        }
        session.exclusively(() -> {
            closed = true;
            members.closeAll();
        });
        // Drops the link.
        current(current);
    }
}
