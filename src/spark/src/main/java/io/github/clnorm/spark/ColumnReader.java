package io.github.clnorm.spark;

import io.github.clnorm.tensorfile.NpyTensor;
import io.github.clnorm.tensorfile.TensorFileException;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;

/**
 * Reads the samples of a column from Spark's internal rows, without an object for each value. Immutable.
 *
 * @param ordinal of the column
 * @param form how it holds samples
 * @param shape of a sample
 * @param type in which a device computes; null for the type that the column has
 */
record ColumnReader(int ordinal, SampleForm form, long[] shape, ElementType type) implements Serializable {
    /** Messages about the bytes of a file begin with it. */
    private static final String NPY_SUBJECT = "npy bytes: ";

    private static final byte SPARSE = 0;
    private static final int VECTOR_FIELDS = 4;
    private static final int SIZE = 1;
    private static final int INDICES = 2;
    private static final int VALUES = 3;

    /** The type of the results; null if each row has its own. */
    ElementType typeOfAll() {
        if (type != null || form == SampleForm.NPY) {
            return type;
        }
        return form == SampleForm.FLOAT_ARRAY ? ElementType.FLOAT32 : ElementType.FLOAT64;
    }

    int elements() {
        return (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    /** The shape that a sample has by itself: its length, or that of its file. */
    static long[] shapeOf(InternalRow row, int ordinal, SampleForm form) throws BadRow {
        if (row.isNullAt(ordinal)) {
            throw new BadRow("is null");
        }
        return switch (form) {
            case FLOAT_ARRAY, DOUBLE_ARRAY -> new long[] {row.getArray(ordinal).numElements()};
            case VECTOR -> new long[] {length(row.getStruct(ordinal, VECTOR_FIELDS))};
            case NPY -> npy(row.getBinary(ordinal)).shape();
        };
    }

    private static int length(InternalRow vector) {
        return isSparse(vector) ? vector.getInt(SIZE) : vector.getArray(VALUES).numElements();
    }

    private static boolean isSparse(InternalRow vector) {
        return vector.getByte(0) == SPARSE;
    }

    private static NpyTensor npy(byte... bytes) throws BadRow {
        try {
            return NpyTensor.of(bytes);
        } catch (TensorFileException e) {
            // The rest is a predicate, such as "is truncated: …".
            String message = e.getMessage();
            throw new BadRow(message.startsWith(NPY_SUBJECT) ? message.substring(NPY_SUBJECT.length()) : message);
        }
    }

    Sample sample(InternalRow row) throws BadRow {
        if (row.isNullAt(ordinal)) {
            throw new BadRow("is null, expected " + expected());
        }
        return switch (form) {
            case FLOAT_ARRAY, DOUBLE_ARRAY -> ofArray(row.getArray(ordinal));
            case VECTOR -> ofVector(row.getStruct(ordinal, VECTOR_FIELDS));
            case NPY -> ofNpy(row.getBinary(ordinal));
        };
    }

    private String expected() {
        return elements() + " values of shape " + Arrays.toString(shape);
    }

    private BadRow other(int count) {
        return new BadRow("has " + count + (count == 1 ? " value" : " values") + ", expected " + expected());
    }

    private Sample ofArray(ArrayData array) throws BadRow {
        if (array.numElements() != elements()) {
            throw other(array.numElements());
        }
        boolean single = form == SampleForm.FLOAT_ARRAY;
        return sample(typeOfAll(), target -> {
            int empty = ArrayElements.firstNull(array);
            if (empty >= 0) {
                throw new BadRow("has a null at index " + empty + " of " + expected());
            }
            ArrayElements.read(array, single ? ElementType.FLOAT32 : ElementType.FLOAT64, typeOfAll(), target);
        });
    }

    private Sample ofVector(InternalRow vector) throws BadRow {
        boolean sparse = isSparse(vector);
        ArrayData values = vector.getArray(VALUES);
        int count = length(vector);
        if (count != elements()) {
            throw other(count);
        }
        return sample(typeOfAll(), target -> {
            if (sparse) {
                double[] all = new double[count];
                int[] indices = vector.getArray(INDICES).toIntArray();
                double[] some = values.toDoubleArray();
                for (int i = 0; i < indices.length; i++) {
                    all[indices[i]] = some[i];
                }
                Codec.encode(typeOfAll(), all, 0, target);
            } else {
                ArrayElements.read(values, ElementType.FLOAT64, typeOfAll(), target);
            }
        });
    }

    private Sample ofNpy(byte[] bytes) throws BadRow {
        NpyTensor npy = npy(bytes);
        if (!Arrays.equals(npy.shape(), shape)) {
            throw new BadRow("has the shape " + Arrays.toString(npy.shape()) + ", expected " + Arrays.toString(shape));
        }
        return sample(type == null ? npy.type() : type, target -> {
            if (type == null || type == npy.type()) {
                npy.read(target);
                return;
            }
            ByteBuffer stored =
                    ByteBuffer.allocate(elements() * npy.type().bytes()).order(ByteOrder.nativeOrder());
            npy.read(stored);
            double[] values = new double[elements()];
            Codec.decode(npy.type(), stored.flip(), values, 0);
            Codec.encode(type, values, 0, target);
        });
    }

    /** Copies the values of a sample. */
    private interface Copy {
        void to(ByteBuffer target) throws BadRow;
    }

    private static Sample sample(ElementType type, Copy copy) {
        return new Sample() {
            @Override
            public ElementType type() {
                return type;
            }

            @Override
            public void read(ByteBuffer target) throws BadRow {
                copy.to(target);
            }
        };
    }
}
