package io.github.clnorm.spark;

import io.github.clnorm.tensorfile.NpyTensor;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.unsafe.Platform;

/** Makes the values of the output column. For one task; not thread-safe. */
final class ColumnWriter {
    private static final byte DENSE = 1;

    private final SampleForm form;
    private final long[] shape;
    private final int elements;
    // Reused for each row, because Spark copies the values into its row.
    private byte[] packed;
    private UnsafeArrayData array;

    ColumnWriter(SampleForm form, int elements, long... shape) {
        this.form = form;
        this.elements = elements;
        this.shape = shape.clone();
    }

    /** The value in Spark's internal form, valid until the next call. */
    Object value(SampleCodec.Result result) {
        return switch (form) {
            case FLOAT_ARRAY -> array(ElementType.FLOAT32, result);
            case DOUBLE_ARRAY -> array(ElementType.FLOAT64, result);
            case VECTOR -> new GenericInternalRow(new Object[] {DENSE, null, null, array(ElementType.FLOAT64, result)});
            case NPY -> NpyTensor.encode(result.type(), result.elements(), shape);
        };
    }

    private UnsafeArrayData array(ElementType stored, SampleCodec.Result result) {
        int header = UnsafeArrayData.calculateHeaderPortionInBytes(elements);
        if (array == null) {
            int bytes = Math.addExact(header, elements * stored.bytes());
            packed = new byte[Math.addExact(bytes, -bytes & Long.BYTES - 1)];
            Platform.putLong(packed, Platform.BYTE_ARRAY_OFFSET, elements);
            array = new UnsafeArrayData();
            array.pointTo(packed, Platform.BYTE_ARRAY_OFFSET, packed.length);
        }
        ByteBuffer values =
                ByteBuffer.wrap(packed, header, elements * stored.bytes()).order(ByteOrder.nativeOrder());
        if (stored == result.type()) {
            values.put(result.elements().duplicate());
        } else {
            double[] exact = new double[elements];
            Codec.decode(result.type(), result.elements(), exact, 0);
            Codec.encode(stored, exact, 0, values);
        }
        return array;
    }
}
