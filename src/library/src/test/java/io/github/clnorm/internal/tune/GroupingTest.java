package io.github.clnorm.internal.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.testing.Geometries;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class GroupingTest {

    private static final int UNITS = 2;
    private static final long CACHE = 1 << 20;

    private static Grouping of(Geometry geometry) {
        return of(geometry, Statistics.MEAN_AND_VARIANCE);
    }

    private static Grouping of(Geometry geometry, Statistics statistics) {
        return Grouping.of(ForwardProblem.of(geometry, statistics, ElementType.FLOAT32))
                .orElseThrow();
    }

    private static Grouping expected(
            PlainOperation operation, Layout layout, long samples, long sets, long setSize, long channels) {
        return new Grouping(operation, false, layout, ElementType.FLOAT32, samples, sets, setSize, channels);
    }

    @Test
    void everyOperationHasItsGrouping() {
        long[] shape = {4, 6, 5, 7};
        long[] last = {4, 5, 7, 6};
        assertEquals(
                expected(PlainOperation.GROUP_NORM, Layout.CHANNELS_FIRST, 4, 12, 70, 2),
                of(Geometries.groupNorm(shape, 3, Layout.CHANNELS_FIRST)));
        assertEquals(
                expected(PlainOperation.GROUP_NORM, Layout.CHANNELS_LAST, 4, 12, 70, 2),
                of(Geometries.groupNorm(last, 3, Layout.CHANNELS_LAST)));
        assertEquals(
                expected(PlainOperation.INSTANCE_NORM, Layout.CHANNELS_FIRST, 4, 24, 35, 1),
                of(Geometries.instanceNorm(shape, Layout.CHANNELS_FIRST)));
        assertEquals(
                expected(PlainOperation.INSTANCE_NORM, Layout.CHANNELS_LAST, 4, 24, 35, 1),
                of(Geometries.instanceNorm(last, Layout.CHANNELS_LAST)));
        assertEquals(
                expected(PlainOperation.BATCH_NORM, Layout.CHANNELS_FIRST, 4, 6, 140, 1),
                of(Geometries.batchNorm(shape, Layout.CHANNELS_FIRST)));
        assertEquals(
                expected(PlainOperation.BATCH_NORM, Layout.CHANNELS_LAST, 1, 6, 140, 1),
                of(Geometries.batchNorm(last, Layout.CHANNELS_LAST)));
        assertEquals(
                expected(PlainOperation.LAYER_NORM, Layout.CHANNELS_FIRST, 140, 140, 6, 6),
                of(Geometries.layerNorm(last, 6)));
        assertEquals(
                expected(PlainOperation.RMS_NORM, Layout.CHANNELS_FIRST, 140, 140, 6, 6),
                of(Geometries.layerNorm(last, 6), Statistics.MEAN_SQUARE));
        assertEquals(
                of(Geometries.instanceNorm(shape, Layout.CHANNELS_FIRST)),
                of(Geometries.groupNorm(shape, 6, Layout.CHANNELS_FIRST)),
                "the same memory, and the same name");
    }

    /** Rows are those of the geometry, with a mean or without. */
    @Test
    void setsOfChannelsWithoutAMeanShareTheGroupingOfThoseWithOne() {
        for (Layout layout : Layout.values()) {
            for (Geometry geometry : List.of(
                    Geometries.groupNorm(new long[] {4, 6, 6}, 3, layout),
                    Geometries.instanceNorm(new long[] {4, 6, 6}, layout),
                    Geometries.batchNorm(new long[] {4, 6, 6}, layout))) {
                Grouping grouping = of(geometry, Statistics.MEAN_SQUARE);
                assertEquals(of(geometry), grouping);
                assertTrue(grouping.toString().contains(layout.toString()), grouping.toString());
            }
        }
        Geometry rows = Geometries.layerNorm(new long[] {4, 6}, 6);
        assertEquals(
                "rms_norm forward, float32, 4 sets of 6 elements, 6 channels a set",
                of(rows, Statistics.MEAN_SQUARE).toString());
    }

    /** What is tuned for one runs the other: so there must be no two geometries of a grouping. */
    @Test
    void aGroupingHasOneGeometry() {
        Map<Grouping, Geometry> seen = new HashMap<>();
        long[] sizes = {1, 2, 3, 4, 6, 8};
        int many = 0;
        for (long n : sizes) {
            for (long c : sizes) {
                for (long s : sizes) {
                    for (Layout layout : Layout.values()) {
                        long[] shape = layout == Layout.CHANNELS_FIRST ? new long[] {n, c, s} : new long[] {n, s, c};
                        for (long g : sizes) {
                            if (c % g == 0) {
                                many += sameGeometry(seen, Geometries.groupNorm(shape, g, layout));
                            }
                        }
                        many += sameGeometry(seen, Geometries.batchNorm(shape, layout));
                        many += sameGeometry(seen, Geometries.layerNorm(shape, shape[2]));
                        many += sameGeometry(seen, Geometries.layerNorm(shape, shape[1], shape[2]));
                    }
                }
            }
        }
        assertTrue(many > 2000, many + " geometries");
    }

    private static int sameGeometry(Map<Grouping, Geometry> seen, Geometry geometry) {
        Geometry other = seen.putIfAbsent(of(geometry), geometry);
        assertTrue(other == null || other.equals(geometry), () -> other + " and " + geometry + ": " + of(geometry));
        return 1;
    }

    @Test
    void whatIsDoneBesideTheNormalizationIsNotToldApart() {
        Geometry geometry = Geometries.layerNorm(new long[] {8, 100}, 100);
        ForwardProblem plain = ForwardProblem.of(geometry, Statistics.MEAN_AND_VARIANCE, ElementType.FLOAT32);
        ForwardProblem more = new ForwardProblem(
                geometry,
                Statistics.MEAN_AND_VARIANCE,
                ElementType.FLOAT32,
                ElementType.FLOAT16,
                Activation.GELU,
                true,
                true);
        assertEquals(Grouping.of(plain), Grouping.of(more));
        assertEquals(plain, Grouping.plain(more));
        ForwardProblem half = ForwardProblem.of(geometry, Statistics.MEAN_AND_VARIANCE, ElementType.FLOAT16);
        assertNotEquals(Grouping.of(plain), Grouping.of(half));
        assertTrue(Grouping.of(ForwardProblem.of(geometry, Statistics.GIVEN, ElementType.FLOAT32))
                .isEmpty());
    }

    private static OptionalDouble distance(Grouping one, Grouping other) {
        OptionalDouble distance = one.distance(other, UNITS, CACHE);
        assertEquals(distance, other.distance(one, UNITS, CACHE), "as far there as back");
        return distance;
    }

    @Test
    void nearIsAFactorOfTwoInEachNumber() {
        Grouping here = Entries.GROUPING;
        assertEquals(OptionalDouble.of(0), distance(here, here));
        assertEquals(OptionalDouble.of(1), distance(here, Entries.grouping(2, 64, 81_920, 10)));
        assertEquals(OptionalDouble.empty(), distance(here, Entries.grouping(2, 64, 81_921, 10)));
        assertEquals(OptionalDouble.of(2), distance(here, Entries.grouping(4, 128, 40_960, 10)));
        assertEquals(OptionalDouble.empty(), distance(here, Entries.grouping(4, 130, 40_960, 10)));
        assertEquals(OptionalDouble.of(1), distance(here, Entries.grouping(2, 64, 40_960, 20)));
        assertEquals(OptionalDouble.empty(), distance(here, Entries.grouping(2, 64, 40_960, 21)));
        assertEquals(OptionalDouble.empty(), distance(here, Entries.grouping(8, 64, 40_960, 10)));
        assertEquals(OptionalDouble.of(3), distance(here, Entries.grouping(4, 32, 81_920, 10)));
        double nearer = distance(here, Entries.grouping(2, 64, 50_000, 10)).orElseThrow();
        assertTrue(nearer > 0 && nearer < 1);
    }

    @Test
    void nearIsTheSameOperationDirectionLayoutAndType() {
        Grouping a = Entries.GROUPING;
        for (Grouping other : new Grouping[] {
            new Grouping(PlainOperation.INSTANCE_NORM, a.backward(), a.layout(), a.type(), 2, 64, 40_960, 10),
            new Grouping(a.operation(), true, a.layout(), a.type(), 2, 64, 40_960, 10),
            new Grouping(a.operation(), a.backward(), Layout.CHANNELS_LAST, a.type(), 2, 64, 40_960, 10),
            new Grouping(a.operation(), a.backward(), a.layout(), ElementType.BFLOAT16, 2, 64, 40_960, 10)
        }) {
            assertEquals(OptionalDouble.empty(), distance(a, other), other.toString());
        }
    }

    @Test
    void fewSetsMustBeAsMany() {
        assertEquals(
                OptionalDouble.empty(),
                distance(Entries.grouping(1, 7, 40_960, 10), Entries.grouping(1, 8, 40_960, 10)));
        assertEquals(
                OptionalDouble.of(0), distance(Entries.grouping(1, 1, 400_960, 1), Entries.grouping(1, 1, 400_960, 1)));
        assertTrue(distance(Entries.grouping(1, 8, 400_960, 1), Entries.grouping(1, 9, 400_960, 1))
                .isPresent());
    }

    @Test
    void bothTensorsFitTheCacheOrNeither() {
        Grouping fits = Entries.grouping(1, 64, 4096, 1);
        Grouping beyond = Entries.grouping(1, 64, 4097, 1);
        assertEquals(CACHE, fits.bytes());
        assertEquals(OptionalDouble.empty(), distance(fits, beyond));
        assertTrue(fits.distance(beyond, UNITS, 0).isPresent(), "an unknown cache tells nothing apart");
    }
}
