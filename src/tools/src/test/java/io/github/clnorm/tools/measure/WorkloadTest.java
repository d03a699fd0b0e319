package io.github.clnorm.tools.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

class WorkloadTest {

    @Test
    void channelsLastMovesTheChannelsAndKeepsTheName() {
        Workload first = Workload.groupNorm(4, 2, 8, 5, 3);
        Workload last = first.in(ElementType.FLOAT16, Layout.CHANNELS_LAST);
        assertArrayEquals(new long[] {2, 8, 5, 3}, first.shape());
        assertArrayEquals(new long[] {2, 5, 3, 8}, last.shape());
        assertArrayEquals(new long[] {8}, last.parameterShape());
        assertEquals("group_norm 2x8x5x3 G=4", first.name());
        assertEquals(first.name(), last.name());
        assertEquals("group_norm 2x8x5x3 G=4, float16, channels_last", last.toString());
        assertEquals(240 * 2, last.bytes());
    }

    @Test
    void rowsHaveNoLayout() {
        Workload rows = Workload.of(NormSpec.Kind.LAYER_NORM, 6, 10);
        assertEquals(rows, rows.in(ElementType.FLOAT32, Layout.CHANNELS_LAST));
        assertArrayEquals(new long[] {6, 10}, rows.shape());
        assertEquals("layer_norm 6x10, float32", rows.toString());
    }

    @Test
    void suitesHaveTheirShapes() {
        assertEquals(11, Suite.parse("sd-unet").workloads().size());
        assertEquals(9, Suite.parse("resnet50-gn").workloads().size());
        assertEquals(5, Suite.parse("mask-rcnn-gn").workloads().size());
        assertEquals(4, Suite.parse("layer-norm").workloads().size());
        assertEquals(3, Suite.parse("instance-norm").workloads().size());
        assertEquals(2, Suite.parse("batch-norm").workloads().size());
        assertEquals(5, Suite.parse("awkward").workloads().size());
        for (Suite suite : Suite.values()) {
            assertEquals(suite, Suite.parse(suite.toString()));
            assertEquals(suite.workloads().size(), new HashSet<>(suite.workloads()).size(), "twice in " + suite);
        }
        assertTrue(
                Suite.QUICK.workloads().stream().allMatch(workload -> Arrays.stream(Suite.values())
                        .anyMatch(suite ->
                                suite != Suite.QUICK && suite.workloads().contains(workload))),
                "what is quick is in another suite too");
        IllegalArgumentException unknown = assertThrows(IllegalArgumentException.class, () -> Suite.parse("unet"));
        assertTrue(unknown.getMessage().contains("'unet'"), unknown.getMessage());
        assertTrue(unknown.getMessage().contains("sd-unet, resnet50-gn"), unknown.getMessage());
    }
}
