package io.github.clnorm.geometry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class GroupNormGeometryTest {

    private static String refusal(long[] shape, long groups) {
        return assertThrows(IllegalArgumentException.class, () -> GroupNormGeometry.of(shape, groups)).getMessage();
    }

    @Test
    void setsRunsAndParameters() {
        assertEquals(new Geometry(64, 40_960, 4096, 32), GroupNormGeometry.of(new long[] {2, 320, 64, 64}, 32));
        assertEquals(new Geometry(12, 1, 1, 6), GroupNormGeometry.of(new long[] {2, 6}, 6));
        assertEquals(new Geometry(2, 6, 1, 1), GroupNormGeometry.of(new long[] {2, 6}, 1));
        assertEquals(2, GroupNormGeometry.of(new long[] {4, 6, 2, 3}, 3).parametersPerSet());
        assertEquals(40, GroupNormGeometry.of(new long[] {2, 320, 64, 64}, 32).blocksPerSet());
        assertEquals(2, GroupNormGeometry.of(new long[] {1, 1, 1025}, 1).blocksPerSet());
    }

    @Test
    void emptyTensors() {
        assertEquals(0, GroupNormGeometry.of(new long[] {0, 6, 3}, 3).elements());
        assertEquals(0, GroupNormGeometry.of(new long[] {0, 6, 3}, 3).sets());
        assertEquals(6, GroupNormGeometry.of(new long[] {2, 6, 0}, 3).sets());
        assertEquals(0, GroupNormGeometry.of(new long[] {2, 6, 0}, 3).setSize());
        assertEquals(0, GroupNormGeometry.of(new long[] {2, 0, 4}, 3).elements());
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
        Geometry geometry = GroupNormGeometry.of(new long[] {64, 1024, 512, 512}, 32);
        assertEquals(1L << 34, geometry.elements());
        assertEquals(8192, geometry.blocksPerSet());
    }
}
