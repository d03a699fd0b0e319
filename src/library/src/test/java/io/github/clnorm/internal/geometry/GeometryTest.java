package io.github.clnorm.internal.geometry;

import static io.github.clnorm.type.Layout.CHANNELS_FIRST;
import static io.github.clnorm.type.Layout.CHANNELS_LAST;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Geometries;
import org.junit.jupiter.api.Test;

/** What every operation becomes, and how sets are cut. */
class GeometryTest {

    private static String refusal(long[] shape, long groups) {
        return assertThrows(IllegalArgumentException.class, () -> Geometries.groupNorm(shape, groups, CHANNELS_FIRST))
                .getMessage();
    }

    @Test
    void everyOperationIsSamplesOfRowsOfGroups() {
        long[] first = {2, 320, 64, 64};
        long[] last = {2, 64, 64, 320};
        assertEquals(new Geometry(2, 1, 32, 40_960, 4096), Geometries.groupNorm(first, 32, CHANNELS_FIRST));
        assertEquals(new Geometry(2, 4096, 32, 10, 1), Geometries.groupNorm(last, 32, CHANNELS_LAST));
        assertEquals(new Geometry(2, 1, 320, 4096, 4096), Geometries.instanceNorm(first, CHANNELS_FIRST));
        assertEquals(new Geometry(2, 4096, 320, 1, 1), Geometries.instanceNorm(last, CHANNELS_LAST));
        assertEquals(new Geometry(1, 2, 320, 4096, 4096), Geometries.batchNorm(first, CHANNELS_FIRST));
        assertEquals(new Geometry(1, 8192, 320, 1, 1), Geometries.batchNorm(last, CHANNELS_LAST));
        assertEquals(new Geometry(640, 1, 1, 4096, 1), Geometries.layerNorm(first, 64, 64));
        assertEquals(new Geometry(1, 1, 1, 7, 1), Geometries.layerNorm(new long[] {7}, 7));
    }

    @Test
    void withoutPositionsBothLayoutsAreTheSame() {
        long[] shape = {2, 6};
        assertEquals(Geometries.groupNorm(shape, 3, CHANNELS_FIRST), Geometries.groupNorm(shape, 3, CHANNELS_LAST));
        assertEquals(Geometries.batchNorm(shape, CHANNELS_FIRST), Geometries.batchNorm(shape, CHANNELS_LAST));
    }

    @Test
    void emptyTensorsHaveNoElementsButMayHaveSets() {
        assertEquals(
                0, Geometries.groupNorm(new long[] {0, 6, 3}, 3, CHANNELS_FIRST).sets());
        assertEquals(
                6, Geometries.groupNorm(new long[] {2, 6, 0}, 3, CHANNELS_FIRST).sets());
        assertEquals(
                0, Geometries.groupNorm(new long[] {2, 6, 0}, 3, CHANNELS_LAST).elements());
        assertEquals(
                0, Geometries.groupNorm(new long[] {2, 0, 4}, 3, CHANNELS_FIRST).elements());
        assertEquals(
                5, Geometries.batchNorm(new long[] {0, 5, 9}, CHANNELS_FIRST).sets());
        assertEquals(0, Geometries.layerNorm(new long[] {0, 1}, 1).sets());
        assertEquals(3, Geometries.layerNorm(new long[] {3, 0}, 0).sets());
    }

    /** Every element of a set is in exactly one block: their sizes add up. */
    @Test
    void blocksAddUpToTheSet() {
        for (Geometry geometry : new Geometry[] {
            new Geometry(2, 1, 32, 40_960, 4096), new Geometry(1, 1, 1, 1025, 1), new Geometry(1, 1, 1, 1, 1),
            new Geometry(1, 3, 5, 3136, 3136), new Geometry(1, 32, 5, 2048, 2048), new Geometry(1, 32, 64, 196, 196),
            new Geometry(2, 4096, 32, 10, 1), new Geometry(1, 129, 64, 1, 1), new Geometry(1, 128, 64, 1, 1),
            new Geometry(1, 300, 3, 2, 1), new Geometry(2, 7, 3, 1, 1), new Geometry(1, 2061, 4, 2, 1),
            new Geometry(1, 5, 1, 64, 64)
        }) {
            Cut cut = Cut.of(geometry);
            assertEquals(0, cut.blocks() % cut.period(), geometry.toString());
            long elements = 0;
            for (int block = 0; block < cut.blocks(); block++) {
                int place = block % cut.period();
                elements += place < cut.full() ? cut.unit() : place < cut.fuller() ? cut.more() : cut.less();
            }
            assertEquals(geometry.setSize(), elements, geometry + " " + cut);
        }
    }

    @Test
    void momentsGoAcrossRowsWhereThatMakesLargerBlocks() {
        assertTrue(new Geometry(2, 4096, 32, 10, 1).momentsAcrossRows());
        assertTrue(new Geometry(1, 32, 256, 49, 49).momentsAcrossRows());
        assertFalse(new Geometry(1, 32, 256, 196, 196).momentsAcrossRows());
        assertFalse(new Geometry(1, 32, 64, 3136, 3136).momentsAcrossRows());
        assertFalse(new Geometry(1, 2, 64, 256, 256).momentsAcrossRows());
        assertFalse(new Geometry(1, 100, 1, 64, 1).momentsAcrossRows(), "one group's rows are one row");
        assertFalse(new Geometry(1, 3, 1, 100, 100).alongRows(), "whose moments know nothing of rows");
        assertEquals(new Geometry(1, 1, 1, 300, 300), Geometries.batchNorm(new long[] {3, 1, 100}, CHANNELS_FIRST));
    }

    @Test
    void refusalsInPyTorchsWords() {
        assertEquals(
                "Expected number of channels in input to be divisible by num_groups, but got input of shape [2, 7, 4]"
                        + " and num_groups=2",
                refusal(new long[] {2, 7, 4}, 2));
        assertEquals("Expected num groups to be greater than 0, got 0", refusal(new long[] {2, 7, 4}, 0));
        assertEquals(
                "Expected at least 2 dimensions for input tensor but received 1: input of shape [7]",
                refusal(new long[] {7}, 1));
    }

    @Test
    void sizesBeyondTheRangeOfLongAreRefused() {
        assertEquals(
                "shape [4294967296, 4294967296] has more than 2^63-1 elements",
                refusal(new long[] {1L << 32, 1L << 32}, 1));
        assertEquals(0, Shapes.elements(1L << 40, 1L << 40, 0));
        assertEquals(1, Shapes.elements());
        assertThrows(IllegalArgumentException.class, () -> Shapes.elements(2, -1));
    }

    @Test
    void largeButPossibleShapesKeepTheirOffsetsInLong() {
        Geometry geometry = Geometries.groupNorm(new long[] {64, 1024, 512, 512}, 32, CHANNELS_FIRST);
        assertEquals(1L << 34, geometry.elements());
        assertEquals(8192, Cut.of(geometry).blocks());
    }
}
