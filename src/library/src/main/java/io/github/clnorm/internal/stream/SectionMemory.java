package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Section;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Host memory for one tensor of a section while it is read, computed and written. Used by one stage at a time. */
final class SectionMemory {

    // Integrated GPUs work on memory that begins at a page.
    private static final int PAGE_BYTES = 4096;

    private final int elementBytes;
    private final ByteBuffer memory;

    /**
     * Memory with undefined content.
     *
     * @param most elements
     */
    SectionMemory(int elementBytes, long most) {
        this.elementBytes = elementBytes;
        int pages = Math.toIntExact((most * elementBytes + PAGE_BYTES - 1) / PAGE_BYTES);
        // alignedSlice drops what is no whole page at both ends.
        this.memory = ByteBuffer.allocateDirect((pages + 1) * PAGE_BYTES).alignedSlice(PAGE_BYTES);
    }

    /** The bytes of a section. */
    ByteBuffer of(Section section) {
        return slice(0, section.elements());
    }

    private ByteBuffer slice(long first, long count) {
        return memory.slice(Math.toIntExact(first * elementBytes), Math.toIntExact(count * elementBytes))
                .order(ByteOrder.nativeOrder());
    }

    /**
     * Reads a section.
     *
     * @param source of the whole tensor
     * @param whole its geometry
     * @param start the index of the geometry's first element in the source
     */
    void read(TensorSource source, Geometry whole, long start, Section section) {
        long stretches = section.stretches(whole);
        long each = section.elements() / stretches;
        long step = whole.groups() * whole.width();
        for (long i = 0; i < stretches; i++) {
            source.read(start + section.first(whole) + i * step, slice(i * each, each));
        }
    }

    /** Writes a section, which is contiguous. */
    void write(TensorTarget target, Geometry whole, long start, Section section) {
        target.write(start + section.first(whole), of(section));
    }
}
