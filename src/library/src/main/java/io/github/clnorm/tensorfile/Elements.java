package io.github.clnorm.tensorfile;

import java.nio.ByteBuffer;

/** The elements of a tensor in an open file, as they are stored. Not thread-safe. */
public interface Elements extends AutoCloseable {

    /**
     * Reads consecutive elements, the last dimension fastest also if the file is in Fortran order.
     *
     * @param firstElement the index of the first element
     * @param target receives little-endian bytes until no bytes remain; its byte order is ignored
     * @throws TensorFileException if they cannot be read
     * @throws IllegalArgumentException if the remaining bytes are not a whole number of elements
     * @throws IndexOutOfBoundsException if the tensor has fewer elements
     */
    void read(long firstElement, ByteBuffer target);

    /**
     * Closes the file.
     *
     * @throws TensorFileException if closing fails
     */
    @Override
    void close();
}
