package io.github.clnorm.internal.stream;

import java.nio.ByteBuffer;

/**
 * Takes the elements of a tensor, in the order of the tensor: the last dimension fastest, in the tensor's type and native
 * byte order.
 *
 * <p>A target of memory takes writes in any order, from several threads at once if they do not overlap. A target of a
 * channel or of a sequential file takes them in order, one at a time, each element once; it throws
 * IllegalStateException if a write begins elsewhere.
 */
public interface TensorTarget {

    /**
     * Takes the elements of a buffer.
     *
     * @param element the index of the first element
     * @param from read from its position to its limit; its position is then its limit
     * @throws java.io.UncheckedIOException if writing fails
     */
    void write(long element, ByteBuffer from);
}
