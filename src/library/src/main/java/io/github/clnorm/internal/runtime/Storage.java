package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A buffer on the device that several allocations may share: a tensor, its views and slices, and tensors that wrap the same
 * buffer of a caller. It lives until the last of them gives it back. The session's lock guards it.
 */
final class Storage {

    private final DeviceMemory owner;
    // Never a sub-buffer. Null when given back.
    private OpenCl.Memory root;
    final long bytes;
    private final boolean ofCaller;
    // A caller or another session may use it at any time: released, not kept for reuse.
    private boolean isReachable;
    // Not closed.
    private final List<Allocation> open = new ArrayList<>(2);
    // Allocations that have not given it back: open, or closed during a native call.
    private int holders;
    private final List<Filling> fillings = new ArrayList<>(0);

    /** A transfer into a range. */
    private record Filling(Allocation target, Thread thread) {}

    /**
     * A storage without allocations.
     *
     * @param ofCaller whether a caller allocated it; then the storage holds a reference
     */
    Storage(DeviceMemory owner, OpenCl.Memory root, long bytes, boolean ofCaller) {
        this.owner = owner;
        this.root = root;
        this.bytes = bytes;
        this.ofCaller = ofCaller;
        this.isReachable = ofCaller;
    }

    OpenCl.Memory root() {
        return root;
    }

    boolean isOfCaller() {
        return ofCaller;
    }

    boolean isOpen() {
        return !open.isEmpty();
    }

    /** Excludes it from reuse. */
    void makeReachable() {
        isReachable = true;
    }

    void add(Allocation allocation) {
        open.add(allocation);
        holders++;
    }

    void closed(Allocation allocation) {
        open.remove(allocation);
        if (open.isEmpty()) {
            owner.unused(this);
        }
    }

    /** Called once for each closed allocation, when no native call uses it any more. */
    void giveBack(DeviceMemory of) {
        holders--;
        if (holders > 0) {
            return;
        }
        OpenCl.Memory released = root;
        root = null;
        if (isReachable) {
            of.release(this, released);
        } else {
            owner.keep(released, bytes);
        }
    }

    /** Calls a function with each open allocation that has bytes in common with one, itself included. */
    void overlapping(Allocation allocation, Consumer<Allocation> each) {
        for (Allocation sharer : open) {
            if (sharer.overlaps(allocation)) {
                each.accept(sharer);
            }
        }
    }

    void beginFilling(Allocation target) {
        fillings.add(new Filling(target, Thread.currentThread()));
    }

    void endFilling(Allocation target) {
        fillings.removeIf(filling -> filling.target == target);
    }

    /** The thread whose transfer is writing bytes of an allocation, or null. */
    Thread filler(Allocation allocation) {
        for (Filling filling : fillings) {
            if (filling.target.overlaps(allocation)) {
                return filling.thread;
            }
        }
        return null;
    }
}
