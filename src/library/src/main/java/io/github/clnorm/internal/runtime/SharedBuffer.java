package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A buffer on the device that several allocations may share: a tensor, its views and slices, and tensors that wrap the
 * same buffer of a caller. It lives until the last of them gives it back. The session's lock guards it.
 */
final class SharedBuffer {

    private final DeviceMemory owner;
    // The OpenCL object, never a sub-buffer. Null when given back.
    private OpenCl.Memory root;
    final long bytes;
    private final boolean ofCaller;
    // A caller or another session may use it at any time: released, not kept for reuse.
    private boolean isReachable;
    // Whether it begins at a multiple of the largest vector's size, as memory that OpenCL allocated does.
    private boolean aligned = true;
    // The caller's direct buffer that it is on, or null.
    private HostWindow window;
    // Its address in Java's memory; 0 without one.
    private long address;
    // Other buffers on the same bytes of Java's memory. Most have none.
    private List<SharedBuffer> neighbours = List.of();
    // Not closed.
    private final List<Allocation> open = new ArrayList<>(2);
    // Allocations that have not given it back: open, or closed during a native call.
    private int holders;
    private final List<Filling> fillings = new ArrayList<>(0);
    // The session that used it last; null for none. Once there were two, each allocation knows its own.
    private CommandOrder user;
    private boolean hasUsers;

    /** A transfer into a range. */
    private record Filling(Allocation target, Thread thread) {}

    /**
     * A buffer without allocations.
     *
     * @param ofCaller whether a caller allocated it; then this object holds a reference
     * @param user the session that used it last, or null
     */
    SharedBuffer(DeviceMemory owner, OpenCl.Memory root, long bytes, boolean ofCaller, CommandOrder user) {
        this.owner = owner;
        this.root = root;
        this.bytes = bytes;
        this.ofCaller = ofCaller;
        this.isReachable = ofCaller;
        this.user = user;
    }

    /** Puts it on a caller's direct buffer at an address. */
    void placeOn(HostWindow on, long at) {
        window = on;
        address = at;
        onHost(at);
    }

    /** Tells the address of host memory that it is on. The device may work there, however that lies; 0 without one. */
    void onHost(long at) {
        aligned = at % AlignedVectors.LARGEST_BYTES == 0;
    }

    boolean isAligned() {
        return aligned;
    }

    /** Leaves the caller's direct buffer, when no allocation uses it any more. */
    void leaveHost() {
        window = null;
        neighbours.forEach(neighbour -> neighbour.neighbours =
                neighbour.neighbours.stream().filter(other -> other != this).toList());
        neighbours = List.of();
    }

    long address() {
        return address;
    }

    /** Whether offsets and addresses in both can be compared. */
    boolean isNear(SharedBuffer other) {
        return other == this || neighbours.contains(other);
    }

    /** Makes both neighbours if they are on the same bytes. */
    void meet(SharedBuffer other) {
        if (address < other.address + other.bytes && other.address < address + bytes) {
            neighbours = with(neighbours, other);
            other.neighbours = with(other.neighbours, this);
            distinguishUsers();
            other.distinguishUsers();
        }
    }

    private static List<SharedBuffer> with(List<SharedBuffer> buffers, SharedBuffer other) {
        return Stream.concat(buffers.stream(), Stream.of(other)).toList();
    }

    HostWindow window() {
        return window;
    }

    /** Enqueues handing a caller's direct buffer to Java, unless a native call is using it. */
    void toHost(CommandOrder order) {
        if (root != null && fillings.isEmpty() && open.stream().noneMatch(Allocation::isPinned)) {
            open.forEach(allocation -> usedBy(allocation, order));
            window.toHost(root);
        }
    }

    /** Enqueues handing a caller's direct buffer back to the device. */
    void toDevice() {
        if (window != null) {
            window.toDevice(root);
        }
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

    /** Releases it if no allocation came to use it. */
    void releaseUnused() {
        if (holders == 0) {
            OpenCl.Memory released = root;
            root = null;
            owner.release(this, released);
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
        overlappingHere(allocation, each);
        neighbours.forEach(neighbour -> neighbour.overlappingHere(allocation, each));
    }

    private void overlappingHere(Allocation allocation, Consumer<Allocation> each) {
        for (Allocation sharer : open) {
            if (sharer.overlaps(allocation)) {
                each.accept(sharer);
            }
        }
    }

    /** Orders the commands of a session after those of other sessions that used bytes of an allocation. */
    void usedBy(Allocation allocation, CommandOrder of) {
        if (!hasUsers) {
            if (user == null || user == of) {
                user = of;
                return;
            }
            distinguishUsers();
        }
        overlapping(allocation, sharer -> sharer.usedBy(of));
    }

    /** From now on each allocation knows its own user. */
    private void distinguishUsers() {
        if (!hasUsers) {
            hasUsers = true;
            open.forEach(sharer -> sharer.setUser(user));
        }
    }

    /** The session that used an allocation last, as far as is known. */
    CommandOrder userOf(CommandOrder ofAllocation) {
        return hasUsers ? ofAllocation : user;
    }

    void beginFilling(Allocation target) {
        fillings.add(new Filling(target, Thread.currentThread()));
    }

    void endFilling(Allocation target) {
        fillings.removeIf(filling -> filling.target == target);
    }

    /** The thread whose transfer is writing bytes of an allocation, or null. */
    Thread filler(Allocation allocation) {
        Thread filler = fillerHere(allocation);
        for (int i = 0; filler == null && i < neighbours.size(); i++) {
            filler = neighbours.get(i).fillerHere(allocation);
        }
        return filler;
    }

    private Thread fillerHere(Allocation allocation) {
        for (Filling filling : fillings) {
            if (filling.target.overlaps(allocation)) {
                return filling.thread;
            }
        }
        return null;
    }
}
