package io.github.clnorm.type;

import java.nio.ByteBuffer;

/** Fills or takes the bytes of a tensor, piece by piece. Called by one thread at a time; need not be thread-safe. */
@FunctionalInterface
public interface Piece {

    /**
     * Fills a piece, or takes its content. May use other tensors and backends. Throwing ends the transfer.
     *
     * @param offset of the first byte in the tensor
     * @param bytes a direct buffer in the device's byte order, from its position to its limit; all zeros if it is to be
     *     filled. Must not be used after the call returns
     */
    void at(long offset, ByteBuffer bytes);
}
