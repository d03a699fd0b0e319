package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Samples that are arrays, as an RDD holds them. Immutable and thread-safe. */
final class FloatsCodec implements SampleCodec<float[], float[]> {
    private final int elements;
    private final String expected;

    FloatsCodec(int elements, long... shape) {
        this.elements = elements;
        this.expected = elements + " values of shape " + Arrays.toString(shape);
    }

    @Override
    public Sample sample(float[] values) throws BadRow {
        if (values == null) {
            throw new BadRow("is null, expected " + expected);
        }
        if (values.length != elements) {
            throw new BadRow(
                    "has " + values.length + (values.length == 1 ? " value" : " values") + ", expected " + expected);
        }
        return new Sample() {
            @Override
            public ElementType type() {
                return ElementType.FLOAT32;
            }

            @Override
            public void read(ByteBuffer target) {
                target.asFloatBuffer().put(values);
            }
        };
    }

    @Override
    public float[] carry(float[] values) {
        return values;
    }

    /** The result needs nothing of the sample. */
    @Override
    public float[] keep(float[] values) {
        return null;
    }

    @Override
    public float[] write(float[] kept, Result result, Fingerprint device) {
        if (result == null) {
            return null;
        }
        float[] values = new float[elements];
        result.elements().asFloatBuffer().get(values);
        return values;
    }

    @Override
    public String describe(float[] values, long number, int partition) {
        return "element " + number + " of partition " + partition;
    }
}
