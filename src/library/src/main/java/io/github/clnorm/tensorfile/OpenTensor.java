package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Reads a tensor in an open file, in either order. */
abstract class OpenTensor implements Elements {

    private final Specification file;
    final StoredTensor tensor;
    final FileChannel channel;
    private boolean isShared;

    OpenTensor(Specification file, StoredTensor tensor, FileChannel channel) {
        this.file = file;
        this.tensor = tensor;
        this.channel = channel;
    }

    /** Opens a tensor. For a stream, {@code spilled} is the open copy of its content; otherwise it is null. */
    static OpenTensor open(Specification file, StoredTensor tensor, FileChannel spilled) {
        if (!tensor.isInCOrder() && tensor.count() > FortranOrder.MAX_ELEMENTS) {
            throw new TensorFileException(file, "is too large to be read in Fortran order, expected C order");
        }
        try {
            if (spilled != null) {
                FileChannel content = content(file, spilled);
                OpenTensor opened = of(file, tensor, content);
                opened.isShared = content == spilled;
                return opened;
            }
            FileChannel channel = FileChannel.open(file.path());
            FileChannel content = null;
            try {
                StoredTensor now = tensor.readAgain(file, channel);
                content = content(file, channel);
                return of(file, now, content);
            } finally {
                if (content != channel) {
                    channel.close();
                }
            }
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** The channel in which the tensor is at its offset: another one for a compressed .npz file. */
    private static FileChannel content(Specification file, FileChannel channel) throws IOException {
        return file.format() == Format.NPZ ? NpzMember.find(file, channel).open() : channel;
    }

    private static OpenTensor of(Specification file, StoredTensor tensor, FileChannel channel) {
        return tensor.isInCOrder() ? new COrder(file, tensor, channel) : new FortranOrder(file, tensor, channel);
    }

    @Override
    public final void read(long firstElement, ByteBuffer target) {
        int size = tensor.type().bytes();
        int elements = target.remaining() / size;
        if (target.remaining() % size != 0) {
            throw new IllegalArgumentException(
                    target.remaining() + " bytes are not a whole number of " + tensor.type() + " elements");
        }
        if (firstElement < 0 || elements > tensor.count() - firstElement) {
            throw new IndexOutOfBoundsException(
                    elements + " elements from " + firstElement + " on are not in a tensor of " + tensor.count());
        }
        try {
            int start = target.position();
            gather(firstElement, elements, target);
            if (tensor.bigEndian()) {
                ByteOrders.reverse(target, start, size);
            }
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** Reads elements into the target and advances its position. */
    abstract void gather(long firstElement, int elements, ByteBuffer target) throws IOException;

    @Override
    public void close() {
        if (isShared) {
            // The copy of a stream may be read again.
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    private static TensorFileException failure(Specification file, IOException e) {
        return new TensorFileException(file, "cannot be read: " + Text.reason(e), e);
    }
}
