package io.github.clnorm.testing;

import io.github.clnorm.NormSpec;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.type.Layout;

/** The geometries of operations on an input of a shape. */
public final class Geometries {
    private Geometries() {}

    public static Geometry groupNorm(long[] shape, long numGroups, Layout layout) {
        return of(NormSpec.Kind.GROUP_NORM, shape, numGroups, layout);
    }

    public static Geometry instanceNorm(long[] shape, Layout layout) {
        return of(NormSpec.Kind.INSTANCE_NORM, shape, 0, layout);
    }

    public static Geometry batchNorm(long[] shape, Layout layout) {
        return of(NormSpec.Kind.BATCH_NORM, shape, 0, layout);
    }

    public static Geometry layerNorm(long[] shape, long... normalizedShape) {
        return of(NormSpec.Kind.LAYER_NORM, shape, 0, Layout.CHANNELS_FIRST, normalizedShape);
    }

    /** Of group_norm with a weight and a bias of each sample. */
    public static Geometry groupNormOfSamples(long[] shape, long numGroups, Layout layout) {
        return sets(NormSpec.Kind.GROUP_NORM, numGroups, layout).modulatedGeometry(shape);
    }

    /** Of layer_norm with a weight and a bias of each sample. */
    public static Geometry layerNormOfSamples(long[] shape, long... normalizedShape) {
        return sets(NormSpec.Kind.LAYER_NORM, 0, Layout.CHANNELS_FIRST, normalizedShape)
                .modulatedGeometry(shape);
    }

    private static Geometry of(
            NormSpec.Kind kind, long[] shape, long numGroups, Layout layout, long... normalizedShape) {
        return sets(kind, numGroups, layout, normalizedShape).geometry(shape);
    }

    private static Sets sets(NormSpec.Kind kind, long numGroups, Layout layout, long... normalizedShape) {
        return kind.spec(new NormSpec.Arguments(numGroups, normalizedShape, layout, true, 0))
                .sets();
    }
}
