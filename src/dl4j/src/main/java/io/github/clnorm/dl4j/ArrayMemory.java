package io.github.clnorm.dl4j;

import io.github.clnorm.Backend;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Copies between ND4J's memory and a device, without a Java array. Thread-safe. */
final class ArrayMemory {

    /** From this size on, a tensor on the array's own memory costs less than a copy. */
    static final int SHARED_BYTES = 1 << 19;

    private ArrayMemory() {}

    /**
     * The type of a tensor for an array.
     *
     * @param type the array's type
     * @return float32, float64 or float16
     * @throws IllegalArgumentException if it is another type
     */
    static ElementType type(DataType type) {
        return switch (type) {
            case FLOAT -> ElementType.FLOAT32;
            case DOUBLE -> ElementType.FLOAT64;
            case HALF -> ElementType.FLOAT16;
            default -> throw new IllegalArgumentException(
                    "Expected an array of type FLOAT, DOUBLE or HALF, but got " + type);
        };
    }

    /**
     * An array whose elements lie one after the other, the last dimension fastest.
     *
     * @param array any order, strides and offset
     * @return the array itself, or a copy if its elements lie otherwise
     */
    static INDArray dense(INDArray array) {
        return isDense(array) ? array : array.dup('c');
    }

    /** ND4J's own test accepts an array of order f if its strides fit both orders. */
    private static boolean isDense(INDArray array) {
        long expected = 1;
        for (int axis = array.rank() - 1; axis >= 0; axis--) {
            if (array.size(axis) != 1 && array.stride(axis) != expected) {
                return false;
            }
            expected *= array.size(axis);
        }
        return true;
    }

    /**
     * A tensor with the values of an array. A device that shares the host's memory works on a large array itself.
     *
     * @param backend the device
     * @param dense must be reachable until the tensor is closed
     * @return the tensor; the caller closes it
     */
    static Tensor tensor(Backend backend, INDArray dense) {
        return isOneBuffer(dense) && size(dense) >= SHARED_BYTES
                ? backend.wrap(bytes(dense), type(dense.dataType()), dense.shape())
                : copy(backend, dense);
    }

    /**
     * A tensor with memory of its own and the values of an array.
     *
     * @param backend the device
     * @param array in any order
     * @return the tensor; the caller closes it
     */
    static Tensor copy(Backend backend, INDArray array) {
        Tensor tensor = backend.empty(type(array.dataType()), array.shape());
        try {
            upload(array, tensor);
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /**
     * Copies an array to the device. Blocks until that is done.
     *
     * @param array as many elements as the tensor, of its type, in any order
     * @param tensor overwritten
     */
    static void upload(INDArray array, Tensor tensor) {
        INDArray dense = dense(array);
        if (isOneBuffer(dense)) {
            tensor.set(bytes(dense));
        } else {
            long address = onHost(dense);
            tensor.write((at, piece) -> piece.put(bytes(address + at, piece.remaining())));
        }
        Reference.reachabilityFence(dense);
    }

    /**
     * Copies a tensor into an array. Blocks until that is done.
     *
     * @param tensor the source
     * @param array as many elements as the tensor, of its type, in any order. Overwritten
     */
    static void download(Tensor tensor, INDArray array) {
        if (!isDense(array)) {
            INDArray dense = Nd4j.createUninitialized(array.dataType(), array.shape(), 'c');
            download(tensor, dense);
            array.assign(dense);
            return;
        }
        if (isOneBuffer(array)) {
            tensor.get(bytes(array));
        } else {
            long address = onHost(array);
            tensor.read((at, piece) -> bytes(address + at, piece.remaining()).put(piece));
        }
        Nd4j.getAffinityManager().tagLocation(array, Location.HOST);
        Reference.reachabilityFence(array);
    }

    /**
     * The memory of a dense array of less than 2 GB.
     *
     * @param dense must be reachable while the buffer is used
     * @return its bytes, in native order
     */
    static ByteBuffer bytes(INDArray dense) {
        return bytes(onHost(dense), (int) size(dense));
    }

    private static long size(INDArray array) {
        return array.length() * array.dataType().width();
    }

    private static boolean isOneBuffer(INDArray array) {
        return size(array) <= Integer.MAX_VALUE;
    }

    /** The address of the first element, with the current values. A view begins in the middle of its buffer. */
    private static long onHost(INDArray array) {
        Nd4j.getAffinityManager().ensureLocation(array, Location.HOST);
        return array.data().addressPointer().address();
    }

    private static ByteBuffer bytes(long address, int count) {
        return new Bytes(address, count).asByteBuffer().order(ByteOrder.nativeOrder());
    }

    /** Memory of ND4J. Does not own it. */
    private static final class Bytes extends BytePointer {
        Bytes(long address, long count) {
            super((Pointer) null);
            this.address = address;
            this.limit = count;
            this.capacity = count;
        }
    }
}
