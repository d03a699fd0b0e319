package io.github.clnorm.testing;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.type.Layout;
import java.util.function.Supplier;

/**
 * An operation on a shape, for the engine and for the reference.
 *
 * @param name for messages
 * @param geometry the positions of its sets
 * @param statistics the statistics that normalize it
 * @param parameters the number of weights
 * @param reference the same operation in float64
 */
public record Operation(
        String name, Geometry geometry, Statistics statistics, int parameters, Supplier<Reference> reference) {

    public static Operation groupNorm(Layout layout, long groups, long... shape) {
        return new Operation(
                "group_norm of " + Shapes.text(shape) + " in " + groups + " groups, " + layout,
                Geometries.groupNorm(shape, groups, layout),
                Statistics.MEAN_AND_VARIANCE,
                channels(layout, shape),
                () -> Reference.groupNorm(shape, layout.channelAxis(shape.length), groups));
    }

    public static Operation instanceNorm(Layout layout, long... shape) {
        return new Operation(
                "instance_norm of " + Shapes.text(shape) + ", " + layout,
                Geometries.instanceNorm(shape, layout),
                Statistics.MEAN_AND_VARIANCE,
                channels(layout, shape),
                () -> Reference.instanceNorm(shape, layout.channelAxis(shape.length)));
    }

    /** Batch norm with the batch's statistics. */
    public static Operation batchNorm(Layout layout, long... shape) {
        return new Operation(
                "batch_norm of " + Shapes.text(shape) + ", " + layout,
                Geometries.batchNorm(shape, layout),
                Statistics.MEAN_AND_VARIANCE,
                channels(layout, shape),
                () -> Reference.batchNorm(shape, layout.channelAxis(shape.length)));
    }

    /** Batch norm with given statistics. */
    public static Operation evaluation(Layout layout, long... shape) {
        return new Operation(
                "batch_norm in evaluation of " + Shapes.text(shape) + ", " + layout,
                Geometries.batchNorm(shape, layout),
                Statistics.GIVEN,
                channels(layout, shape),
                () -> Reference.batchNorm(shape, layout.channelAxis(shape.length)));
    }

    public static Operation layerNorm(long[] shape, long... normalizedShape) {
        return new Operation(
                "layer_norm of " + Shapes.text(shape) + " over " + Shapes.text(normalizedShape),
                Geometries.layerNorm(shape, normalizedShape),
                Statistics.MEAN_AND_VARIANCE,
                (int) Shapes.elements(normalizedShape),
                () -> Reference.layerNorm(shape, normalizedShape));
    }

    public static Operation rmsNorm(long[] shape, long... normalizedShape) {
        return new Operation(
                "rms_norm of " + Shapes.text(shape) + " over " + Shapes.text(normalizedShape),
                Geometries.layerNorm(shape, normalizedShape),
                Statistics.MEAN_SQUARE,
                (int) Shapes.elements(normalizedShape),
                () -> Reference.rmsNorm(shape, normalizedShape));
    }

    /** Group norm with a weight and a bias of each sample and channel. */
    public static Operation groupNormOfSamples(Layout layout, long groups, long... shape) {
        return ofSamples(groupNorm(layout, groups, shape), Geometries.groupNormOfSamples(shape, groups, layout));
    }

    /** Layer norm with a weight and a bias of each sample and element of a row. */
    public static Operation layerNormOfSamples(long[] shape, long... normalizedShape) {
        return ofSamples(layerNorm(shape, normalizedShape), Geometries.layerNormOfSamples(shape, normalizedShape));
    }

    private static Operation ofSamples(Operation plain, Geometry geometry) {
        return new Operation(
                plain.name + " with parameters of each sample",
                geometry,
                plain.statistics,
                Math.toIntExact(geometry.parameters()),
                () -> plain.reference.get().ofSamples());
    }

    private static int channels(Layout layout, long... shape) {
        return (int) shape[layout.channelAxis(shape.length)];
    }

    /** The number of elements of the input. */
    public int elements() {
        return Math.toIntExact(geometry.elements());
    }

    @Override
    public String toString() {
        return name;
    }
}
