package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Reads a tensor in Fortran order, the first dimension fastest. Elements that are consecutive in C order are far apart
 * in the file. The file is mapped, so that the system caches neighbours and no heap is used. The garbage collector
 * unmaps the pieces.
 */
final class FortranOrder extends OpenTensor {

    // A power of two, so that no element spans two pieces.
    private static final int PIECE_BITS = 30;

    /** Larger than any address space, and small enough that the number of pieces is an int. */
    static final long MAX_ELEMENTS = 1L << 50;

    private final long bytes;
    private final long[] strides;
    private final MappedByteBuffer[] pieces;

    FortranOrder(Specification file, StoredTensor tensor, FileChannel channel) {
        super(file, tensor, channel);
        this.bytes = tensor.count() * tensor.type().bytes();
        this.pieces = new MappedByteBuffer[(int) ((bytes >> PIECE_BITS) + 1)];
        long[] shape = tensor.shape();
        this.strides = new long[shape.length];
        long stride = tensor.type().bytes();
        for (int i = 0; i < shape.length; i++) {
            strides[i] = stride;
            stride *= shape[i];
        }
    }

    @Override
    void gather(long firstElement, int elements, ByteBuffer target) throws IOException {
        // If the file is too short, reading the mapping's missing pages would fault.
        if (channel.size() < tensor.offset() + bytes) {
            throw Transfer.shorter();
        }
        ByteBuffer to = target.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        try {
            gather(firstElement, to);
        } catch (InternalError e) {
            // Java reports this fault so: the file has just been truncated.
            throw Transfer.shorter();
        }
        target.position(target.limit());
    }

    private void gather(long firstElement, ByteBuffer to) throws IOException {
        long[] shape = tensor.shape();
        int last = shape.length - 1;
        long[] index = new long[shape.length];
        long rest = firstElement;
        long from = 0;
        for (int i = last; i >= 0 && to.hasRemaining(); i--) {
            index[i] = rest % shape[i];
            rest /= shape[i];
            from += index[i] * strides[i];
        }
        while (to.hasRemaining()) {
            int run = (int) Math.min(
                    shape[last] - index[last], to.remaining() / tensor.type().bytes());
            gatherRun(from, run, to);
            // Next row: resets the last dimension and advances the others.
            from -= index[last] * strides[last];
            index[last] = 0;
            for (int i = last - 1; i >= 0; i--) {
                from += strides[i];
                if (++index[i] < shape[i]) {
                    break;
                }
                from -= shape[i] * strides[i];
                index[i] = 0;
            }
        }
    }

    /** Reads elements that differ only in the last index. */
    private void gatherRun(long first, int count, ByteBuffer to) throws IOException {
        long stride = strides[strides.length - 1];
        long from = first;
        switch (tensor.type().bytes()) {
            case 2 -> {
                for (int i = 0; i < count; i++, from += stride) {
                    to.putShort(piece(from).getShort(inPiece(from)));
                }
            }
            case 4 -> {
                for (int i = 0; i < count; i++, from += stride) {
                    to.putInt(piece(from).getInt(inPiece(from)));
                }
            }
            default -> {
                for (int i = 0; i < count; i++, from += stride) {
                    to.putLong(piece(from).getLong(inPiece(from)));
                }
            }
        }
    }

    private static int inPiece(long at) {
        return (int) (at & (1L << PIECE_BITS) - 1);
    }

    private MappedByteBuffer piece(long at) throws IOException {
        int number = (int) (at >> PIECE_BITS);
        MappedByteBuffer piece = pieces[number];
        return piece == null ? map(number) : piece;
    }

    private MappedByteBuffer map(int number) throws IOException {
        long start = (long) number << PIECE_BITS;
        MappedByteBuffer piece = channel.map(
                FileChannel.MapMode.READ_ONLY, tensor.offset() + start, Math.min(1L << PIECE_BITS, bytes - start));
        piece.order(ByteOrder.LITTLE_ENDIAN);
        pieces[number] = piece;
        return piece;
    }
}
