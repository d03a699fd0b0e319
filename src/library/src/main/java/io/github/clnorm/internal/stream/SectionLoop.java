package io.github.clnorm.internal.stream;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Section;
import io.github.clnorm.internal.runtime.Pipeline;
import io.github.clnorm.internal.runtime.Session;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Takes tensors section by section: while one section is computed, the next one is read, and the results of the one before are written.
 * Each device takes a share of the sections, on a thread of its own. Used by one thread.
 */
final class SectionLoop {

    // Sections that are read, computed and written at the same time.
    private static final int IN_FLIGHT = 3;

    /** Computes a section. */
    interface SectionWork {
        /**
         * Replaces the tensors that are written by results.
         *
         * @param session the device that takes the section
         * @param section the section
         * @param tensors the bytes of the section of each tensor, in the order in which they were added; null for an absent one
         */
        void on(Session session, Section section, ByteBuffer[] tensors);
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
    private final List<Section> sections;
    private final List<Place> places = new ArrayList<>();
    private boolean counts;

    /**
     * A loop without tensors.
     *
     * @param devices that share the sections
     * @param whole the tensor that the sections belong to
     * @param start the index of its first element in sources and targets
     * @param elementBytes of every tensor
     * @param sections in order
     */
    SectionLoop(StreamDevices devices, Geometry whole, long start, int elementBytes, List<Section> sections) {
        this.devices = devices;
        this.whole = whole;
        this.start = start;
        this.elementBytes = elementBytes;
        this.sections = sections;
    }

    /** Adds a tensor. Without source and target it is absent. */
    SectionLoop with(TensorSource source, TensorTarget target) {
        places.add(new Place(source, target));
        return this;
    }

    /** Counts the elements as results of the devices that take them, although the loop writes none. */
    SectionLoop counting(boolean value) {
        counts = value;
        return this;
    }

    /**
     * Takes all sections. With one device, the work runs on this thread, and targets get the sections in order.
     *
     * @throws ClException when all devices have failed
     * @throws java.util.concurrent.CancellationException if this thread was interrupted, and stays so, before all was done
     */
    void run(SectionWork work) {
        List<Section> left = sections;
        while (!left.isEmpty()) {
            left = round(left, work);
        }
    }

    /** Lets each device take its share, and returns what devices left that failed. */
    private List<Section> round(List<Section> todo, SectionWork work) {
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
        join(threads);
        Throwable first = broken.poll();
        if (first instanceof Error error) {
            throw error;
        }
        if (first instanceof RuntimeException exception) {
            throw exception;
        }
        return shares.stream().flatMap(share -> share.left().stream()).toList();
    }

    /** Waits for the threads of other devices, which an interrupt of this one ends. */
    private static void join(List<Thread> threads) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                    threads.forEach(Thread::interrupt);
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The sections of one device. */
    private final class Taken {
        private final Session session;
        private final List<Section> own;
        private final SectionWork work;
        private final List<SectionMemory[]> memory;
        private int done;

        Taken(Session session, List<Section> own, SectionWork work) {
            this.session = session;
            this.own = own;
            this.work = work;
            long most = own.stream().mapToLong(Section::elements).max().orElse(0);
            this.memory = places.stream().map(place -> memory(place, most)).toList();
        }

        private SectionMemory[] memory(Place place, long most) {
            SectionMemory[] slots = new SectionMemory[place.isPresent() ? slots() : 0];
            for (int i = 0; i < slots.length; i++) {
                slots[i] = new SectionMemory(elementBytes, most);
            }
            return slots;
        }

        private int slots() {
            return Math.min(IN_FLIGHT, own.size());
        }

        void run(ConcurrentLinkedQueue<Throwable> broken) {
            try {
                Pipeline.runInterruptibly(own.size(), slots(), 1, this::read, this::compute, this::write);
            } catch (ClException e) {
                devices.failed(session, e);
            } catch (RuntimeException | Error e) {
                broken.add(e);
            }
        }

        /** The sections that are not done. */
        List<Section> left() {
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
            Section section = own.get((int) number);
            ByteBuffer[] bytes = new ByteBuffer[places.size()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = places.get(i).isPresent() ? memory.get(i)[slot].of(section) : null;
            }
            work.on(session, section, bytes);
        }

        private void write(long number, int slot) {
            Section section = own.get((int) number);
            boolean writes = counts;
            for (int i = 0; i < places.size(); i++) {
                if (places.get(i).target != null) {
                    memory.get(i)[slot].write(places.get(i).target, whole, start, section);
                    writes = true;
                }
            }
            if (writes) {
                devices.computed(session, section.elements());
            }
            done++;
        }
    }
}
