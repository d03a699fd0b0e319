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
 * Host memory for one tensor of a part while it is read, computed and written. A device that shares the host's
 * memory works on it. Used by one stage at a time.
 */
final class PartBuffers {

    // For integrated GPUs.
    private static final int PAGE_BYTES = 4096;

    private final Backend backend;
    private final ElementType type;
    private final ByteBuffer memory;

    private PartBuffers(Backend backend, ElementType type, int mostBytes) {
        this.backend = backend;
        this.type = type;
        int pages = (mostBytes + PAGE_BYTES - 1) / PAGE_BYTES;
        // alignedSlice drops what is no whole page at both ends.
        this.memory = ByteBuffer.allocateDirect((pages + 1) * PAGE_BYTES).alignedSlice(PAGE_BYTES);
    }

    /** Memory for a tensor of each part in flight. */
    static List<PartBuffers> inFlight(Backend backend, ElementType type, Parts parts) {
        int bytes = Math.toIntExact(parts.largestBytes());
        return Stream.generate(() -> new PartBuffers(backend, type, bytes))
                .limit(Parts.IN_FLIGHT)
                .toList();
    }

    private ByteBuffer of(Parts.Part part) {
        return memory.slice(0, Math.toIntExact(part.elements() * type.bytes())).order(ByteOrder.nativeOrder());
    }

    /** Reads a part from its file. */
    void read(Elements from, Parts.Part part) {
        from.read(part.offset(), of(part));
    }

    /** Appends a part to its file. */
    void write(Parts.Part part, Sink to) {
        try {
            to.write(of(part));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The part on the device. */
    Tensor upload(Parts.Part part) {
        return isShared(part) ? target(part) : backend.tensor(type, of(part), part.shape());
    }

    /** A tensor of the part's shape with undefined values, which {@link #download} brings here. */
    Tensor target(Parts.Part part) {
        return isShared(part) ? backend.wrap(of(part), type, part.shape()) : backend.empty(type, part.shape());
    }

    private boolean isShared(Parts.Part part) {
        return backend.session().worksOn(of(part));
    }

    /** Brings the values of a tensor that was made here to this memory. */
    void download(Tensor tensor, Parts.Part part) {
        if (tensor.sharesHostMemory()) {
            backend.finish();
        } else {
            tensor.get(of(part));
        }
    }
}
