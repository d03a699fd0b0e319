package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Reads a tensor in Fortran order from a file. The file is mapped, so that the system caches neighbours and no heap is
 * used. The garbage collector unmaps the pieces.
 */
final class FortranOrder extends OpenTensor {

    /** Larger than any address space, and small enough that the number of pieces is an int. */
    static final long MAX_ELEMENTS = 1L << 50;

    private final FortranGather elements;

    FortranOrder(Specification file, StoredTensor tensor, FileChannel channel) {
        super(file, tensor, channel);
        this.elements = new FortranGather(
                tensor, (start, bytes) -> channel.map(FileChannel.MapMode.READ_ONLY, tensor.offset() + start, bytes));
    }

    @Override
    void gather(long firstElement, int count, ByteBuffer target) throws IOException {
        // If the file is too short, reading the mapping's missing pages would fault.
        if (channel.size() < tensor.offset() + elements.bytes()) {
            throw Transfer.shorter();
        }
        try {
            elements.gather(firstElement, target);
        } catch (InternalError e) {
            // Java reports this fault so: the file has just been truncated.
            throw Transfer.shorter();
        }
    }
}
