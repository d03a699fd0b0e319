package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the sessions of one OpenCL context share: their lock, so that a session can use tensors of another one, and the
 * buffers that callers can reach.
 */
final class SharedContext {

    // A context's entry disappears with its last session.
    private static final Map<Object, WeakReference<SharedContext>> BY_CONTEXT = new HashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    // By the buffer; never a sub-buffer. The lock guards it.
    private final Map<OpenCl.Memory, SharedBuffer> reachable = new HashMap<>();

    // On callers' direct buffers. The lock guards it.
    private final List<SharedBuffer> onHost = new ArrayList<>();

    private SharedContext() {}

    /** The one of a port's context. */
    static SharedContext of(OpenCl openCl) {
        Object context = openCl.context();
        if (context == null) {
            return new SharedContext();
        }
        synchronized (BY_CONTEXT) {
            BY_CONTEXT.values().removeIf(reference -> reference.get() == null);
            WeakReference<SharedContext> reference = BY_CONTEXT.get(context);
            SharedContext shared = reference == null ? null : reference.get();
            if (shared == null) {
                shared = new SharedContext();
                BY_CONTEXT.put(context, new WeakReference<>(shared));
            }
            return shared;
        }
    }

    ReentrantLock lock() {
        return lock;
    }

    /** The shared buffer of a root that a caller can reach; null if no open tensor is in it. */
    SharedBuffer find(OpenCl.Memory root) {
        SharedBuffer buffer = reachable.get(root);
        return buffer != null && buffer.isOpen() ? buffer : null;
    }

    void add(SharedBuffer buffer) {
        reachable.put(buffer.root(), buffer);
    }

    /** Adds a buffer on a caller's direct buffer, which others may be on, too. */
    void onHost(SharedBuffer buffer) {
        onHost.forEach(buffer::meet);
        onHost.add(buffer);
    }

    void remove(SharedBuffer buffer, OpenCl.Memory root) {
        reachable.remove(root, buffer);
        onHost.remove(buffer);
    }
}
