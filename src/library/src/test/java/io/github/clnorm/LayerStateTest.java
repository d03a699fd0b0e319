package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The tensors of a layer by PyTorch's names, several layers as one, and what a person sees of a layer. */
@Tag("device")
class LayerStateTest {

    private final Backend backend = TestDevices.first();

    private static void assertNames(Layer layer, String... names) {
        try (layer) {
            assertEquals(List.of(names), List.copyOf(layer.state().keySet()), layer.toString());
        }
    }

    @Test
    void eachLayerHasTheTensorsThatPyTorchsHas() {
        assertNames(GroupNorm.of(backend, 2, 4), "weight", "bias");
        assertNames(GroupNorm.builder(backend, 2, 4).affine(false).build());
        assertNames(LayerNorm.of(backend, 4), "weight", "bias");
        assertNames(LayerNorm.builder(backend, 4).bias(false).build(), "weight");
        assertNames(RmsNorm.of(backend, 4), "weight");
        assertNames(BatchNorm.of2d(backend, 4), "weight", "bias", "running_mean", "running_var");
        assertNames(BatchNorm.builder(backend, 4, 2).affine(false).build(), "running_mean", "running_var");
        assertNames(BatchNorm.builder(backend, 4, 2).trackRunningStats(false).build(), "weight", "bias");
        assertNames(InstanceNorm.of2d(backend, 4));
        assertNames(InstanceNorm.builder(backend, 4, 1).trackRunningStats(true).build(), "running_mean", "running_var");
        assertNames(FrozenBatchNorm.of(backend, 4), "weight", "bias", "running_mean", "running_var");
    }

    @Test
    void aStateHasTheLayersOwnTensors() {
        try (BatchNorm norm = BatchNorm.of2d(backend, 4)) {
            Map<String, Tensor> state = norm.state();
            assertSame(norm.weight(), state.get("weight"));
            assertSame(norm.runningVar(), state.get("running_var"));
            assertThrows(UnsupportedOperationException.class, () -> state.remove("weight"));
        }
    }

    @Test
    void layersChangeTheirModeTogether() {
        BatchNorm batch = BatchNorm.of2d(backend, 4);
        InstanceNorm instance = InstanceNorm.of2d(backend, 4);
        GroupNorm group = GroupNorm.of(backend, 2, 4);
        try (Layers layers = Layers.of(batch, instance, group)) {
            assertEquals(List.of(batch, instance, group), layers.list());
            layers.eval();
            assertFalse(batch.isTraining() || instance.isTraining());
            layers.train();
            assertTrue(batch.isTraining() && instance.isTraining());
        }
        assertThrows(IllegalStateException.class, group::state);
        assertThrows(IllegalStateException.class, batch::state);
        assertThrows(NullPointerException.class, () -> Layers.of(batch, null));
        Layers.of().close();
    }

    /** The device keeps no memory for reuse, so that closing a layer releases buffers, which can fail. */
    @Test
    void allLayersAreClosedWhenClosingOneFails() {
        FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(backend.device(), false));
        DeviceInfo small = TestInfo.with(backend.device(), "globalMemory", 0L);
        try (Backend failing = new Backend(new Session(faulty.port(), small))) {
            GroupNorm first = GroupNorm.of(failing, 2, 4);
            GroupNorm second = GroupNorm.of(failing, 2, 4);
            Layers layers = Layers.of(first, second);
            faulty.fail("release Memory", 1);
            assertThrows(ClException.class, layers::close);
            faulty.heal();
            assertThrows(IllegalStateException.class, first::state);
            assertThrows(IllegalStateException.class, second::state);
            layers.close();
        }
    }

    @Test
    void layersPrintLayoutAndActivation() {
        try (Layers layers = Layers.of(
                GroupNorm.builder(backend, 2, 4)
                        .layout(Layout.CHANNELS_LAST)
                        .activation(Activation.SILU)
                        .build(),
                FrozenBatchNorm.builder(backend, 4).activation(Activation.RELU).build(),
                RmsNorm.of(backend, 4))) {
            assertEquals(
                    "Layers(\n  (0): GroupNorm(2, 4, eps=1e-05, affine=True), channels_last, silu\n"
                            + "  (1): FrozenBatchNorm2d(4, eps=1e-05), relu\n"
                            + "  (2): RMSNorm((4,), eps=None, elementwise_affine=True)\n)",
                    layers.toString());
        }
    }
}
