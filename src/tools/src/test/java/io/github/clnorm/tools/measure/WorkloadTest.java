package io.github.clnorm.tools.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
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
    void rowsOfSamplesHaveAScaleForEachSample() {
        Workload rows =
                Workload.of(NormSpec.Kind.LAYER_NORM, 3, 6, 10).with(Additions.parse("no_parameters scale_shift"));
        assertArrayEquals(new long[] {10}, rows.parameterShape());
        assertArrayEquals(new long[] {3, 10}, rows.scaleShape());
        assertEquals(3 * 10, rows.geometry().parameters());
        assertEquals(3 * 6, rows.geometry().sets());
        assertTrue(rows.gradientProblem().weight() && rows.gradientProblem().bias());
        assertEquals("layer_norm 3x6x10 no_parameters scale_shift", rows.name());
        assertFalse(rows.plain());
        assertTrue(rows.with(Additions.NONE).plain());
        Workload images = Workload.groupNorm(4, 2, 8, 5, 3).with(Additions.parse("scale_shift silu"));
        assertArrayEquals(new long[] {2, 8}, images.scaleShape());
        assertEquals(
                2 * 8,
                images.in(ElementType.FLOAT16, Layout.CHANNELS_LAST).geometry().parameters());
        assertEquals(Activation.SILU, images.problem().activation());
        assertEquals(Activation.SILU, images.gradientProblem().activation());
        assertEquals("group_norm 2x8x5x3 G=4 scale_shift silu", images.name());
    }

    @Test
    void aResidualAddsTwoTransitsOfTheForwardPass() {
        Workload plain = Workload.of(NormSpec.Kind.RMS_NORM, 6, 10).with(Additions.parse("weight_only"));
        Workload residual = plain.with(Additions.parse("residual weight_only"));
        assertEquals(2, plain.transits(Direction.FORWARD));
        assertEquals(4, residual.transits(Direction.FORWARD), "x, residual, sum and y");
        assertEquals(3, residual.transits(Direction.BACKWARD), "the sum, dy and dx");
        assertTrue(residual.problem().residual() && residual.problem().sum());
        assertFalse(residual.gradientProblem().residual());
        assertFalse(residual.gradientProblem().bias());
    }

    @Test
    void networksHaveTheirPasses() {
        List<String> diffusion = Suite.parse("diffusion").workloads().stream()
                .map(Workload::name)
                .toList();
        assertEquals(
                List.of(
                        "group_norm 2x320x128x128 G=32 silu",
                        "group_norm 2x640x64x64 G=32 silu",
                        "group_norm 2x1280x32x32 G=32 silu",
                        "group_norm 2x2560x32x32 G=32 silu",
                        "group_norm 2x1920x64x64 G=32 silu",
                        "group_norm 2x960x128x128 G=32 silu",
                        "group_norm 2x640x64x64 G=32",
                        "group_norm 2x1280x32x32 G=32",
                        "group_norm 4x192x64x64 G=32 scale_shift silu",
                        "group_norm 4x384x32x32 G=32 scale_shift silu",
                        "group_norm 4x576x16x16 G=32 scale_shift silu",
                        "group_norm 4x768x8x8 G=32 scale_shift silu",
                        "layer_norm 2x256x1152 no_parameters scale_shift",
                        "layer_norm 8x256x1152 no_parameters scale_shift",
                        "layer_norm 2x1024x1152 no_parameters scale_shift"),
                diffusion);
        List<String> transformer = Suite.parse("transformer").workloads().stream()
                .map(Workload::name)
                .toList();
        assertEquals(
                List.of(
                        "rms_norm 2048x4096 weight_only",
                        "rms_norm 2048x4096 residual weight_only",
                        "rms_norm 32x4096 residual weight_only",
                        "rms_norm 2048x3584 weight_only weight_offset=1",
                        "rms_norm 2048x3584 residual weight_only weight_offset=1",
                        "layer_norm 25088x128",
                        "layer_norm 6272x256",
                        "layer_norm 1568x512",
                        "layer_norm 392x1024"),
                transformer);
        for (Suite suite : Suite.values()) {
            assertEquals(suite != Suite.DIFFUSION && suite != Suite.TRANSFORMER, suite.plain(), suite.toString());
        }
        assertTrue(Suite.workloads(List.of("all")).containsAll(Suite.DIFFUSION.workloads()));
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
