package io.github.clnorm.tensorfile;

import java.nio.ByteBuffer;

/** The elements of a tensor in an open file, as they are stored. For one thread at a time. Not thread-safe. */
public interface Elements extends AutoCloseable {

    /**
     * Reads consecutive elements, the last dimension fastest whatever the order in the file.
     *
     * @param firstElement the index of the first of them
     * @param target takes their little-endian bytes; its remaining bytes are filled, whatever its byte order
     * @throws TensorFileException when they cannot be read
     * @throws IllegalArgumentException when the remaining bytes are not a whole number of elements
     * @throws IndexOutOfBoundsException when the tensor has fewer elements
     */
    void read(long firstElement, ByteBuffer target);

    /**
     * Closes the file.
     *
     * @throws TensorFileException when the system says that this failed
     */
    @Override
    void close();
}
