package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Part;
import io.github.clnorm.internal.runtime.Pipeline;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes tensors part by part: while one part is computed, the next one is read, and the results of the one before are written.
 * Used by one thread.
 */
final class PartLoop {

    // Parts that are read, computed and written at the same time.
    private static final int IN_FLIGHT = 3;

    /** Computes a part. */
    interface Work {
        /**
         * Replaces the tensors that are written by results.
         *
         * @param part the part
         * @param tensors the bytes of the part of each tensor, in the order in which they were added; null for an absent one
         */
        void on(Part part, ByteBuffer[] tensors);
    }

    /** A tensor: read if it has a source, written if it has a target, absent without both. */
    private record Place(TensorSource source, TensorTarget target, PartMemory[] memory) {
        boolean isAbsent() {
            return memory == null;
        }
    }

    private final Geometry whole;
    private final long start;
    private final int elementBytes;
    private final List<Part> parts;
    private final long most;
    private final List<Place> places = new ArrayList<>();

    /**
     * A loop without tensors.
     *
     * @param whole the tensor that the parts belong to
     * @param start the index of its first element in sources and targets
     * @param elementBytes of every tensor
     * @param parts in order
     */
    PartLoop(Geometry whole, long start, int elementBytes, List<Part> parts) {
        this.whole = whole;
        this.start = start;
        this.elementBytes = elementBytes;
        this.parts = parts;
        this.most = parts.stream().mapToLong(Part::elements).max().orElse(0);
    }

    /** Adds a tensor. Without source and target it is absent. */
    PartLoop with(TensorSource source, TensorTarget target) {
        PartMemory[] memory = null;
        if (source != null || target != null) {
            memory = new PartMemory[Math.min(IN_FLIGHT, parts.size())];
            for (int i = 0; i < memory.length; i++) {
                memory[i] = new PartMemory(elementBytes, most);
            }
        }
        places.add(new Place(source, target, memory));
        return this;
    }

    /** Takes all parts. The work runs on this thread. */
    void run(Work work) {
        int slots = Math.min(IN_FLIGHT, parts.size());
        Pipeline.run(
                parts.size(),
                slots,
                1,
                (number, slot) -> read(parts.get((int) number), slot),
                (number, slot) -> {
                    Part part = parts.get((int) number);
                    work.on(part, bytes(part, slot));
                },
                (number, slot) -> write(parts.get((int) number), slot));
    }

    private void read(Part part, int slot) {
        for (Place place : places) {
            if (place.source != null) {
                place.memory[slot].read(place.source, whole, start, part);
            }
        }
    }

    private ByteBuffer[] bytes(Part part, int slot) {
        return places.stream()
                .map(place -> place.isAbsent() ? null : place.memory[slot].of(part))
                .toArray(ByteBuffer[]::new);
    }

    private void write(Part part, int slot) {
        for (Place place : places) {
            if (place.target != null) {
                place.memory[slot].write(place.target, whole, start, part);
            }
        }
    }
}
