package io.github.clnorm.spark;

import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.unsafe.Platform;

/** Copies the elements of Spark's arrays of floats and doubles as a whole. */
final class ArrayElements {
    private static final int WORD = Long.BYTES;

    private ArrayElements() {}

    /** The index of the first null, or -1. */
    static int firstNull(ArrayData array) {
        int count = array.numElements();
        if (array instanceof UnsafeArrayData packed && !hasNull(packed, count)) {
            return -1;
        }
        for (int i = 0; i < count; i++) {
            if (array.isNullAt(i)) {
                return i;
            }
        }
        return -1;
    }

    /** The bits that mark nulls follow the number of elements. */
    private static boolean hasNull(UnsafeArrayData array, int count) {
        long words = array.getBaseOffset() + WORD;
        long end = array.getBaseOffset() + UnsafeArrayData.calculateHeaderPortionInBytes(count);
        for (long at = words; at < end; at += WORD) {
            if (Platform.getLong(array.getBaseObject(), at) != 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * Fills a buffer.
     *
     * @param array has no nulls
     * @param stored float32 or float64: the type of its elements
     * @param type of the elements in the buffer
     */
    static void read(ArrayData array, ElementType stored, ElementType type, ByteBuffer target) {
        if (stored != type) {
            if (stored == ElementType.FLOAT32) {
                Codec.encode(type, array.toFloatArray(), 0, target);
            } else {
                Codec.encode(type, array.toDoubleArray(), 0, target);
            }
        } else if (array instanceof UnsafeArrayData packed && packed.getBaseObject() instanceof byte[] bytes) {
            int header = UnsafeArrayData.calculateHeaderPortionInBytes(array.numElements());
            target.put(bytes, (int) (packed.getBaseOffset() - Platform.BYTE_ARRAY_OFFSET) + header, target.remaining());
        } else if (stored == ElementType.FLOAT32) {
            target.asFloatBuffer().put(array.toFloatArray());
        } else {
            target.asDoubleBuffer().put(array.toDoubleArray());
        }
    }
}
