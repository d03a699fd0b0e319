package io.github.clnorm.tensorfile;

import io.github.clnorm.internal.geometry.Shapes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The position and format of a whole number in a file.
 *
 * @param bytes its size
 * @param signed whether it may be negative
 * @param bigEndian whether its most significant byte comes first
 * @param shape the shape of the tensor, which must have one element
 * @param offset the position of its first byte in the file
 */
record StoredNumber(int bytes, boolean signed, boolean bigEndian, long[] shape, long offset) {

    static TensorFileException otherType(Specification file, String type) {
        return new TensorFileException(file, "holds " + type + ", expected a whole number, such as I64");
    }

    long read(Specification file, NpyBytes content) throws IOException {
        if (Shapes.elements(shape) != 1) {
            throw new TensorFileException(
                    file, "holds a tensor of shape " + StoredTensor.text(shape) + ", expected one whole number");
        }
        ByteBuffer element = ByteBuffer.allocate(bytes);
        content.read(offset, element);
        element.flip().order(bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        long value =
                switch (bytes) {
                    case 1 -> signed ? element.get() : element.get() & 0xff;
                    case 2 -> signed ? element.getShort() : element.getShort() & 0xffff;
                    case 4 -> signed ? element.getInt() : element.getInt() & 0xffffffffL;
                    default -> element.getLong();
                };
        if (!signed && value < 0) {
            throw new TensorFileException(
                    file, "holds " + Long.toUnsignedString(value) + ", expected a whole number up to 2^63-1");
        }
        return value;
    }
}
