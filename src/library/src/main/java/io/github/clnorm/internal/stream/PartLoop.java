package io.github.clnorm.internal.stream;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Part;
import io.github.clnorm.internal.runtime.Pipeline;
import io.github.clnorm.internal.runtime.Session;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Takes tensors part by part: while one part is computed, the next one is read, and the results of the one before are written.
 * Each device takes a share of the parts, on a thread of its own. Used by one thread.
 */
final class PartLoop {

    // Parts that are read, computed and written at the same time.
    private static final int IN_FLIGHT = 3;

    /** Computes a part. */
    interface Work {
        /**
         * Replaces the tensors that are written by results.
         *
         * @param session the device that takes the part
         * @param part the part
         * @param tensors the bytes of the part of each tensor, in the order in which they were added; null for an absent one
         */
        void on(Session session, Part part, ByteBuffer[] tensors);
    }

    /** A tensor: read if it has a source, written if it has a target, absent without both. */
    private record Place(TensorSource source, TensorTarget target) {
        boolean isPresent() {
            return source != null || target != null;
        }
    }

    private final StreamDevices devices;
    private final Geometry whole;
    private final long start;
    private final int elementBytes;
    private final List<Part> parts;
    private final List<Place> places = new ArrayList<>();

    /**
     * A loop without tensors.
     *
     * @param devices that share the parts
     * @param whole the tensor that the parts belong to
     * @param start the index of its first element in sources and targets
     * @param elementBytes of every tensor
     * @param parts in order
     */
    PartLoop(StreamDevices devices, Geometry whole, long start, int elementBytes, List<Part> parts) {
        this.devices = devices;
        this.whole = whole;
        this.start = start;
        this.elementBytes = elementBytes;
        this.parts = parts;
    }

    /** Adds a tensor. Without source and target it is absent. */
    PartLoop with(TensorSource source, TensorTarget target) {
        places.add(new Place(source, target));
        return this;
    }

    /**
     * Takes all parts. With one device, the work runs on this thread, and targets get the parts in order.
     *
     * @throws ClException when all devices have failed
     */
    void run(Work work) {
        List<Part> left = parts;
        while (!left.isEmpty()) {
            left = round(left, work);
        }
    }

    /** Lets each device take its share, and returns what devices left that failed. */
    private List<Part> round(List<Part> todo, Work work) {
        List<Taken> shares = devices.shares(todo.size()).stream()
                .map(share -> new Taken(share.session(), todo.subList(share.from(), share.to()), work))
                .toList();
        ConcurrentLinkedQueue<Throwable> broken = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (Taken share : shares.subList(1, shares.size())) {
            Thread thread = new Thread(() -> share.run(broken), "clnorm-stream");
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        shares.get(0).run(broken);
        threads.forEach(PartLoop::join);
        Throwable first = broken.poll();
        if (first instanceof Error error) {
            throw error;
        }
        if (first instanceof RuntimeException exception) {
            throw exception;
        }
        return shares.stream().flatMap(share -> share.left().stream()).toList();
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The parts of one device. */
    private final class Taken {
        private final Session session;
        private final List<Part> own;
        private final Work work;
        private final List<PartMemory[]> memory;
        private int done;

        Taken(Session session, List<Part> own, Work work) {
            this.session = session;
            this.own = own;
            this.work = work;
            long most = own.stream().mapToLong(Part::elements).max().orElse(0);
            this.memory = places.stream().map(place -> memory(place, most)).toList();
        }

        private PartMemory[] memory(Place place, long most) {
            PartMemory[] slots = new PartMemory[place.isPresent() ? slots() : 0];
            for (int i = 0; i < slots.length; i++) {
                slots[i] = new PartMemory(elementBytes, most);
            }
            return slots;
        }

        private int slots() {
            return Math.min(IN_FLIGHT, own.size());
        }

        void run(ConcurrentLinkedQueue<Throwable> broken) {
            try {
                Pipeline.run(own.size(), slots(), 1, this::read, this::compute, this::write);
            } catch (ClException e) {
                devices.failed(session, e);
            } catch (RuntimeException | Error e) {
                broken.add(e);
            }
        }

        /** The parts that are not done. */
        List<Part> left() {
            return own.subList(done, own.size());
        }

        private void read(long number, int slot) {
            for (int i = 0; i < places.size(); i++) {
                if (places.get(i).source != null) {
                    memory.get(i)[slot].read(places.get(i).source, whole, start, own.get((int) number));
                }
            }
        }

        private void compute(long number, int slot) {
            Part part = own.get((int) number);
            ByteBuffer[] bytes = new ByteBuffer[places.size()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = places.get(i).isPresent() ? memory.get(i)[slot].of(part) : null;
            }
            work.on(session, part, bytes);
        }

        private void write(long number, int slot) {
            Part part = own.get((int) number);
            boolean writes = false;
            for (int i = 0; i < places.size(); i++) {
                if (places.get(i).target != null) {
                    memory.get(i)[slot].write(places.get(i).target, whole, start, part);
                    writes = true;
                }
            }
            if (writes) {
                devices.computed(session, part.elements());
            }
            done++;
        }
    }
}
