package io.github.clnorm.tensorfile;

import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A tensor in the bytes of a {@code .npy} file, in memory: what a column of a database or a message holds. {@link
 * TensorFile} reads files.
 *
 * <p>Immutable and thread-safe as long as the bytes do not change: they are not copied.
 */
public final class NpyTensor {

    private static final Specification NAME = new Specification("npy bytes", Path.of("bytes.npy"), null, false);

    private final byte[] bytes;
    private final StoredTensor tensor;

    private NpyTensor(StoredTensor tensor, byte... bytes) {
        this.bytes = bytes;
        this.tensor = tensor;
    }

    /**
     * Reads the description of a tensor. Like numpy.load, it ignores bytes after the data.
     *
     * @param bytes the content of a {@code .npy} file. Not copied
     * @return the tensor's description
     * @throws TensorFileException if they are malformed, incomplete or not of floats
     */
    public static NpyTensor of(byte... bytes) {
        Objects.requireNonNull(bytes, "bytes");
        try {
            return new NpyTensor(NpyHeader.read(NAME, NpyBytes.of(bytes)), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The content of a {@code .npy} file with a tensor.
     *
     * @param type of the elements
     * @param elements in native byte order, as many as the shape has, the last dimension fastest. Its position does not
     *     change
     * @param shape the dimensions
     * @return the bytes
     * @throws IllegalArgumentException if the number of bytes does not fit the shape, or one array cannot hold them
     */
    public static byte[] encode(ElementType type, ByteBuffer elements, long... shape) {
        long expected = StoredTensor.bytes(NAME, type, shape);
        if (elements.remaining() != expected) {
            throw new IllegalArgumentException("a " + type + " tensor of shape " + StoredTensor.text(shape) + " takes "
                    + expected + " bytes, got " + elements.remaining());
        }
        byte[] header = NpyHeader.write(type, shape);
        if (expected > Integer.MAX_VALUE - 8 - header.length) {
            throw new IllegalArgumentException(expected + " bytes and their header do not fit in a Java array");
        }
        ByteBuffer result = ByteBuffer.allocate(header.length + (int) expected).put(header);
        result.put(elements.duplicate());
        swapUnlessNative(ByteOrder.LITTLE_ENDIAN, result, header.length, type);
        return result.array();
    }

    /**
     * Returns the type of its elements.
     *
     * @return the type
     */
    public ElementType type() {
        return tensor.type();
    }

    /**
     * Returns its dimensions, slowest first.
     *
     * @return a copy
     */
    public long[] shape() {
        return tensor.shape().clone();
    }

    /**
     * Reads all elements, the last dimension fastest also if the bytes are in Fortran order.
     *
     * @param target receives the elements in native byte order; as many bytes must remain as the tensor has. Its position
     *     becomes its limit
     * @throws IllegalArgumentException if another number of bytes remains
     */
    public void read(ByteBuffer target) {
        int count = (int) (tensor.count() * tensor.type().bytes());
        if (target.remaining() != count) {
            throw new IllegalArgumentException("a " + tensor.type() + " tensor of shape "
                    + StoredTensor.text(tensor.shape()) + " takes " + count + " bytes, the target has "
                    + target.remaining());
        }
        int start = target.position();
        ByteBuffer elements = ByteBuffer.wrap(bytes).slice((int) tensor.offset(), count);
        if (tensor.isInCOrder()) {
            target.put(elements);
        } else {
            gather(elements, target);
        }
        swapUnlessNative(
                tensor.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN, target, start, tensor.type());
    }

    private void gather(ByteBuffer elements, ByteBuffer target) {
        try {
            new FortranGather(tensor, (start, size) -> elements.slice((int) start, (int) size)).gather(0, target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From a position to the buffer's position. */
    private static void swapUnlessNative(ByteOrder order, ByteBuffer elements, int start, ElementType type) {
        if (order != ByteOrder.nativeOrder()) {
            ByteOrders.reverse(elements, start, type.bytes());
        }
    }
}
