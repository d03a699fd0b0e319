package io.github.clnorm.bench.conformance;

import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

/** Shortcuts for the generated bindings of libtorch. */
final class Torch {

    private Torch() {}

    static TensorOptional optional(Tensor tensor) {
        return tensor == null ? new TensorOptional() : new TensorOptional(tensor);
    }

    static DoubleOptional optional(Double value) {
        return value == null ? new DoubleOptional() : new DoubleOptional(value);
    }

    static Tensor copy(Tensor tensor) {
        return tensor == null ? null : tensor.clone();
    }

    static byte[] bytes(Tensor tensor) {
        Tensor contiguous = tensor.contiguous();
        byte[] bytes = new byte[Math.toIntExact(contiguous.nbytes())];
        // A tensor without elements has no memory to read.
        if (bytes.length > 0) {
            new BytePointer(contiguous.data_ptr()).capacity(bytes.length).get(bytes);
        }
        return bytes;
    }

    static boolean sameBits(Tensor one, Tensor other) {
        return Arrays.equals(one.shape(), other.shape())
                && one.scalar_type().intern() == other.scalar_type().intern()
                && Arrays.equals(bytes(one), bytes(other));
    }

    /** The first line of what libtorch throws: a stack trace follows it. */
    static String message(RuntimeException thrown) {
        return thrown.getMessage().lines().findFirst().orElseThrow();
    }
}
