package io.github.clnorm.testing;

import io.github.clnorm.NormSpec;
import io.github.clnorm.internal.geometry.Geometry;
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

    private static Geometry of(
            NormSpec.Kind kind, long[] shape, long numGroups, Layout layout, long... normalizedShape) {
        return kind.spec(new NormSpec.Arguments(numGroups, normalizedShape, layout, true, 0))
                .sets()
                .geometry(shape);
    }
}
