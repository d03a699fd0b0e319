package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads the elements of a tensor in Fortran order, the first dimension fastest, in C order. Elements that are consecutive
 * in C order are far apart in memory. Not thread-safe.
 */
final class FortranGather {

    // A power of two, so that no element spans two pieces.
    private static final int PIECE_BITS = 30;

    /** Where the elements are. */
    interface Source {
        /** A part of them, by its place in bytes after the first element. Asked once for each part. */
        ByteBuffer piece(long start, long bytes) throws IOException;
    }

    private final StoredTensor tensor;
    private final Source source;
    private final long bytes;
    private final long[] strides;
    private final ByteBuffer[] pieces;

    FortranGather(StoredTensor tensor, Source source) {
        this.tensor = tensor;
        this.source = source;
        this.bytes = tensor.count() * tensor.type().bytes();
        this.pieces = new ByteBuffer[(int) ((bytes >> PIECE_BITS) + 1)];
        long[] shape = tensor.shape();
        this.strides = new long[shape.length];
        long stride = tensor.type().bytes();
        for (int i = 0; i < shape.length; i++) {
            strides[i] = stride;
            stride *= shape[i];
        }
    }

    long bytes() {
        return bytes;
    }

    /** Fills the target from an element on, and advances its position. */
    void gather(long firstElement, ByteBuffer target) throws IOException {
        ByteBuffer to = target.duplicate().order(ByteOrder.LITTLE_ENDIAN);
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
        target.position(target.limit());
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

    private ByteBuffer piece(long at) throws IOException {
        int number = (int) (at >> PIECE_BITS);
        if (pieces[number] == null) {
            long start = (long) number << PIECE_BITS;
            pieces[number] = source.piece(start, Math.min(1L << PIECE_BITS, bytes - start))
                    .order(ByteOrder.LITTLE_ENDIAN);
        }
        return pieces[number];
    }
}
