package io.github.clnorm.internal.stream;

import java.nio.ByteBuffer;

/**
 * The elements of a tensor on the host, in the order of the tensor: the last dimension fastest, in the tensor's type and
 * native byte order.
 *
 * <p>A source of memory or of a file takes reads in any order, from several threads at once. A source of a channel takes
 * them in order, one at a time, each element once; it throws IllegalStateException if a read begins elsewhere.
 */
public interface TensorSource {

    /**
     * Fills a buffer.
     *
     * @param element the index of the first element
     * @param into filled from its position to its limit, a whole number of elements; its position is then its limit
     * @throws java.io.UncheckedIOException if reading fails, or the source ends before
     */
    void read(long element, ByteBuffer into);
}
