package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Reads a tensor in C order, the last dimension fastest. */
final class COrder extends OpenTensor {

    COrder(Specification file, StoredTensor tensor, FileChannel channel) {
        super(file, tensor, channel);
    }

    @Override
    void gather(long firstElement, int elements, ByteBuffer target) throws IOException {
        Transfer.read(channel, tensor.offset() + firstElement * tensor.type().bytes(), target);
    }
}
