package io.github.clnorm;

import io.github.clnorm.internal.stream.TensorSource;
import java.nio.ByteBuffer;

/** The elements of a sharded tensor, read from its devices. Blocks until the work enqueued before is done. Thread-safe. */
final class ShardSource implements TensorSource {

    private final ShardedTensor tensor;
    private final long ofIndex;

    /**
     * A tensor with elements.
     *
     * @param ofIndex elements of an index of the first dimension
     */
    ShardSource(ShardedTensor tensor, long ofIndex) {
        this.tensor = tensor;
        this.ofIndex = ofIndex;
    }

    @Override
    public void read(long element, ByteBuffer into) {
        int bytes = tensor.type().bytes();
        long end = element + into.remaining() / bytes;
        for (ShardedTensor.Shard shard : tensor.shards()) {
            long from = Math.max(element, shard.from() * ofIndex);
            long to = Math.min(end, shard.to() * ofIndex);
            if (from < to) {
                int count = Math.toIntExact((to - from) * bytes);
                Tensor part = shard.tensor();
                part.backend()
                        .session()
                        .transfers()
                        .read(
                                part.buffer(),
                                (from - shard.from() * ofIndex) * bytes,
                                into.slice(into.position(), count).order(into.order()));
                into.position(into.position() + count);
            }
        }
    }
}
