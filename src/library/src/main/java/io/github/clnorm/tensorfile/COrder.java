package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Elements that lie in the file as they are read, the last dimension fastest. */
final class COrder extends OpenTensor {

    COrder(Specification file, StoredTensor tensor, FileChannel channel) {
        super(file, tensor, channel);
    }

    @Override
    void gather(long firstElement, int elements, ByteBuffer target) throws IOException {
        Transfer.read(channel, tensor.offset() + firstElement * tensor.type().bytes(), target);
    }
}
