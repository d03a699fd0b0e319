package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.Tensor;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;

/**
 * Host memory for one tensor of each part in flight, while it is read, computed and written. A device that shares the
 * host's memory works on it. Each slot is used by one stage at a time. For a tensor that a pass does not have, a method
 * does nothing and returns null.
 */
final class PartBuffers {

    // For integrated GPUs.
    private static final int PAGE_BYTES = 4096;

    private final Backend backend;
    private final ElementType type;
    private final List<ByteBuffer> slots;

    private PartBuffers(Backend backend, ElementType type, List<ByteBuffer> slots) {
        this.backend = backend;
        this.type = type;
        this.slots = slots;
    }

    /** Memory for each part in flight; none if the pass does not have the tensor. */
    static PartBuffers of(boolean exists, Backend backend, ElementType type, Parts parts) {
        int pages = (Math.toIntExact(parts.largestBytes()) + PAGE_BYTES - 1) / PAGE_BYTES;
        // alignedSlice drops what is no whole page at both ends.
        List<ByteBuffer> slots = Stream.generate(() ->
                        ByteBuffer.allocateDirect((pages + 1) * PAGE_BYTES).alignedSlice(PAGE_BYTES))
                .limit(exists ? Parts.IN_FLIGHT : 0)
                .toList();
        return new PartBuffers(backend, type, slots);
    }

    private ByteBuffer of(int slot, Parts.Part part) {
        return slots.get(slot)
                .slice(0, Math.toIntExact(part.elements() * type.bytes()))
                .order(ByteOrder.nativeOrder());
    }

    /** Reads a part from its file. */
    void read(int slot, Parts.Part part, Elements from) {
        if (!slots.isEmpty()) {
            from.read(part.offset(), of(slot, part));
        }
    }

    /** Appends a part to its file. A null file is ignored. */
    void write(int slot, Parts.Part part, Sink to) {
        if (slots.isEmpty() || to == null) {
            return;
        }
        try {
            to.write(of(slot, part));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The part on the device. */
    Tensor upload(int slot, Parts.Part part) {
        return slots.isEmpty() || isShared(slot, part)
                ? target(slot, part)
                : backend.tensor(type, of(slot, part), part.shape());
    }

    /** A tensor of the part's shape with undefined values, which {@link #download} brings here. */
    Tensor target(int slot, Parts.Part part) {
        if (slots.isEmpty()) {
            return null;
        }
        return isShared(slot, part)
                ? backend.wrap(of(slot, part), type, part.shape())
                : backend.empty(type, part.shape());
    }

    private boolean isShared(int slot, Parts.Part part) {
        return backend.session().worksOn(of(slot, part));
    }

    /** Brings the values of a tensor that was made here to this memory. */
    void download(int slot, Parts.Part part, Tensor tensor) {
        if (slots.isEmpty()) {
            return;
        }
        if (tensor.sharesHostMemory()) {
            backend.finish();
        } else {
            tensor.get(of(slot, part));
        }
    }
}
