package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** The elements of a tensor in an open file: what both orders share. */
abstract class OpenTensor implements Elements {

    private final Specification file;
    final StoredTensor tensor;
    final FileChannel channel;

    OpenTensor(Specification file, StoredTensor tensor, FileChannel channel) {
        this.file = file;
        this.tensor = tensor;
        this.channel = channel;
    }

    static OpenTensor open(Specification file, StoredTensor tensor) {
        if (!tensor.isInCOrder() && tensor.count() > FortranOrder.MOST_ELEMENTS) {
            throw new TensorFileException(file, "is too large to be read in Fortran order, expected C order");
        }
        try {
            FileChannel channel = FileChannel.open(file.path());
            return tensor.isInCOrder()
                    ? new COrder(file, tensor, channel)
                    : new FortranOrder(file, tensor, channel);
        } catch (IOException e) {
            throw failure(file, e);
        }
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
            throw new IndexOutOfBoundsException(elements + " elements from " + firstElement + " on are not in a tensor of "
                    + tensor.count());
        }
        try {
            gather(firstElement, elements, target);
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** Puts that many elements into the target and moves its position. */
    abstract void gather(long firstElement, int elements, ByteBuffer target) throws IOException;

    @Override
    public void close() {
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
