package io.github.clnorm.internal.geometry;

import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Rows: the last dimensions of an input, {@code normalized_shape}, for each index of the leading ones. Every element of
 * a row has a weight and a bias of its own. The messages are those of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html">torch.nn.functional.layer_norm</a>.
 *
 * <p>Immutable and thread-safe; the array is not copied.
 *
 * @param name of the operation
 * @param statistics which statistics of a row normalize it
 * @param normalizedShape the last dimensions, one or more
 */
public record RowSets(String name, Statistics statistics, long... normalizedShape) implements Sets {

    @Override
    public Geometry geometry(long... shape) {
        if (normalizedShape.length == 0) {
            throw new IllegalArgumentException(
                    "Expected normalized_shape to be at least 1-dimensional, i.e., containing"
                            + " at least one element, but got normalized_shape = []");
        }
        int leading = shape.length - normalizedShape.length;
        if (leading < 0 || !Arrays.equals(shape, leading, shape.length, normalizedShape, 0, normalizedShape.length)) {
            String expected = Shapes.text(normalizedShape);
            throw new IllegalArgumentException("Given normalized_shape=" + expected + ", expected input with shape [*, "
                    + expected.substring(1) + ", but got input of size " + Shapes.text(shape));
        }
        long rows = samples(shape);
        long size = setSize(shape);
        return rows == 0 || size == 0 ? Geometry.empty(rows) : new Geometry(rows, 1, 1, size, 1);
    }

    @Override
    public long[] statisticsShape(long... shape) {
        return Arrays.copyOf(shape, shape.length - normalizedShape.length);
    }

    @Override
    public long[] parameterShape(long... shape) {
        return normalizedShape.clone();
    }

    /** DiT's modulation: one value for each sample and element of a row, for all rows of the sample. */
    @Override
    public long[] modulationShape(long... shape) {
        if (shape.length <= normalizedShape.length) {
            throw new IllegalArgumentException("Expected input with a dimension before normalized_shape = "
                    + Shapes.text(normalizedShape) + " for a scale and a shift of each sample, but got input of shape "
                    + Shapes.text(shape));
        }
        return shapeOf(shape[0], shape);
    }

    @Override
    public Geometry modulatedGeometry(long... shape) {
        Geometry rows = geometry(shape);
        return rows.elements() == 0
                ? rows
                : new Geometry(shape[0], 1, rows.samples() / shape[0], rows.width(), 1, ParameterScope.PER_SAMPLE);
    }

    @Override
    public void checkParameter(String name, long[] parameterShape, long[] shape, Wording wording) {
        if (!Arrays.equals(parameterShape, normalizedShape)) {
            throw new IllegalArgumentException("Expected " + name + " to be of same shape as normalized_shape, but got "
                    + name + " of shape " + Shapes.text(parameterShape) + " and normalized_shape = "
                    + Shapes.text(normalizedShape));
        }
    }

    @Override
    public long setSize(long... shape) {
        return Shapes.elements(normalizedShape);
    }

    @Override
    public boolean samplesAreIndependent() {
        return true;
    }

    @Override
    public long samples(long... shape) {
        return Shapes.elements(statisticsShape(shape));
    }

    @Override
    public long[] shapeOf(long samples, long... shape) {
        return LongStream.concat(LongStream.of(samples), LongStream.of(normalizedShape))
                .toArray();
    }

    @Override
    public String describe(long... shape) {
        return Shapes.count(samples(shape), "row") + " of " + Shapes.count(setSize(shape), "element");
    }
}
