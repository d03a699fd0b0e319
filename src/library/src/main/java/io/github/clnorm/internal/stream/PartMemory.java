package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Part;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Host memory for one tensor of a part while it is read, computed and written. Used by one stage at a time. */
final class PartMemory {

    // Integrated GPUs work on memory that begins at a page.
    private static final int PAGE_BYTES = 4096;

    private final int elementBytes;
    private final ByteBuffer memory;

    /**
     * Memory with undefined content.
     *
     * @param most elements
     */
    PartMemory(int elementBytes, long most) {
        this.elementBytes = elementBytes;
        int pages = Math.toIntExact((most * elementBytes + PAGE_BYTES - 1) / PAGE_BYTES);
        // alignedSlice drops what is no whole page at both ends.
        this.memory = ByteBuffer.allocateDirect((pages + 1) * PAGE_BYTES).alignedSlice(PAGE_BYTES);
    }

    /** The bytes of a part. */
    ByteBuffer of(Part part) {
        return slice(0, part.elements());
    }

    private ByteBuffer slice(long first, long count) {
        return memory.slice(Math.toIntExact(first * elementBytes), Math.toIntExact(count * elementBytes))
                .order(ByteOrder.nativeOrder());
    }

    /**
     * Reads a part.
     *
     * @param source of the whole tensor
     * @param whole its geometry
     * @param start the index of the geometry's first element in the source
     */
    void read(TensorSource source, Geometry whole, long start, Part part) {
        long stretches = part.stretches(whole);
        long each = part.elements() / stretches;
        long step = whole.groups() * whole.width();
        for (long i = 0; i < stretches; i++) {
            source.read(start + part.first(whole) + i * step, slice(i * each, each));
        }
    }

    /** Writes a part, which is contiguous. */
    void write(TensorTarget target, Geometry whole, long start, Part part) {
        target.write(start + part.first(whole), of(part));
    }
}
