package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What all layers share: settings, defaults, what is printed, residuals, in place, refusals. */
@Tag("device")
class LayerTest {

    private static final long[] SHAPE = {2, 6, 4, 5};
    private static final int COUNT = 240;

    private final Backend backend = TestDevices.first();
    private final float[] x = Values.normal(1, COUNT, 2, 3);

    private static String refusal(Runnable action) {
        return assertThrows(IllegalArgumentException.class, action::run).getMessage();
    }

    @Test
    void layersPrintAsPyTorchPrintsThem() {
        assertEquals(
                "GroupNorm(3, 6, eps=1e-05, affine=True)",
                GroupNorm.of(backend, 3, 6).toString());
        assertEquals(
                "LayerNorm((4, 5), eps=1e-05, elementwise_affine=True, bias=True)",
                LayerNorm.of(backend, 4, 5).toString());
        assertEquals(
                "LayerNorm((5,), eps=0.001, elementwise_affine=True, bias=False)",
                LayerNorm.builder(backend, 5).bias(false).eps(1e-3).build().toString());
        assertEquals(
                "RMSNorm((5,), eps=None, elementwise_affine=True)",
                RmsNorm.of(backend, 5).toString());
        assertEquals(
                "BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)",
                BatchNorm.of2d(backend, 6).toString());
        assertEquals(
                "BatchNorm3d(6, eps=0.0001, momentum=None, affine=False, track_running_stats=True)",
                BatchNorm.builder(backend, 6, 3)
                        .eps(1e-4)
                        .cumulativeAverage()
                        .affine(false)
                        .build()
                        .toString());
        assertEquals(
                "InstanceNorm1d(6, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)",
                InstanceNorm.of1d(backend, 6).toString());
    }

    @Test
    void parametersAreThereAsPyTorchHasThem() {
        try (LayerNorm layer = LayerNorm.of(backend, 4, 5);
                LayerNorm withoutBias =
                        LayerNorm.builder(backend, 5).bias(false).build();
                LayerNorm bare =
                        LayerNorm.builder(backend, 5).elementwiseAffine(false).build();
                RmsNorm rms = RmsNorm.of(backend, 5);
                InstanceNorm instance =
                        InstanceNorm.builder(backend, 6, 2).affine(true).build()) {
            assertArrayEquals(new long[] {4, 5}, layer.weight().shape());
            assertArrayEquals(new long[] {4, 5}, layer.bias().shape());
            assertNotNull(withoutBias.weight());
            assertNull(withoutBias.bias());
            assertNull(bare.weight());
            assertArrayEquals(new long[] {5}, rms.weight().shape());
            assertNull(rms.bias());
            assertArrayEquals(new long[] {6}, instance.bias().shape());
        }
    }

    @Test
    void layerNormAndRmsNormNormalizeTheLastDimensions() {
        try (LayerNorm layer = LayerNorm.of(backend, 4, 5);
                RmsNorm rms = RmsNorm.of(backend, 5);
                Tensor input = backend.tensor(x, SHAPE);
                Tensor y = layer.forward(input);
                Tensor z = rms.forward(input)) {
            Errors.assertClose(
                    Reference.layerNorm(SHAPE, 4, 5).normalize(i -> x[i]), y.toFloats(), Errors.FORWARD, "layer_norm");
            Errors.assertClose(
                    Reference.rmsNorm(SHAPE, 5)
                            .eps(ElementType.FLOAT32.epsilon())
                            .normalize(i -> x[i]),
                    z.toFloats(),
                    Errors.FORWARD,
                    "rms_norm");
        }
    }

    @Test
    void layoutAndActivationBelongToTheLayer() {
        long[] last = {2, 4, 5, 6};
        try (GroupNorm norm = GroupNorm.builder(backend, 3, 6)
                        .layout(Layout.CHANNELS_LAST)
                        .activation(Activation.SILU)
                        .build();
                Tensor input = backend.tensor(x, last);
                Tensor y = norm.forward(input)) {
            double[] expected = Reference.groupNorm(last, -1, 3)
                    .activation(Nonlinearity.SILU)
                    .normalize(i -> x[i]);
            Errors.assertClose(expected, y.toFloats(), Errors.FORWARD, "channels last, SiLU");
            assertTrue(refusal(() -> norm.forward(input, Options.DEFAULTS.activation(Activation.RELU)))
                    .contains("belong to the layer"));
        }
    }

    @Test
    void aResidualIsAddedBeforeAndItsSumStored() {
        float[] skip = Values.normal(2, COUNT, -1, 1);
        try (GroupNorm norm = GroupNorm.of(backend, 2, 6);
                Tensor input = backend.tensor(x, SHAPE);
                Tensor residual = backend.tensor(skip, SHAPE);
                Tensor sum = backend.empty(SHAPE);
                Tensor y =
                        norm.forward(input, Options.DEFAULTS.residual(residual).sum(sum))) {
            double[] expected = Reference.groupNorm(SHAPE, 1, 2).normalize(i -> (double) x[i] + skip[i]);
            Errors.assertClose(expected, y.toFloats(), Errors.FORWARD, "skip-GroupNorm");
            float[] sums = sum.toFloats();
            for (int i = 0; i < COUNT; i++) {
                assertEquals(x[i] + skip[i], sums[i]);
            }
            Errors.assertSameBits(x, input.toFloats(), "the input is not modified");
        }
    }

    @Test
    void inPlaceGivesTheSameBits() {
        for (Layout layout : Layout.values()) {
            long[] shape = layout == Layout.CHANNELS_FIRST ? SHAPE : new long[] {2, 4, 5, 6};
            try (GroupNorm norm =
                            GroupNorm.builder(backend, 3, 6).layout(layout).build();
                    Tensor input = backend.tensor(x, shape);
                    Tensor residual = backend.tensor(x, shape);
                    Tensor expected = norm.forward(input, Options.DEFAULTS.residual(residual))) {
                Tensor y = norm.forward(
                        input, Options.DEFAULTS.residual(residual).output(input).sum(residual));
                assertSame(input, y);
                Errors.assertSameBits(expected.toFloats(), input.toFloats(), layout + ", in place");
            }
        }
    }

    @Test
    void outputsThatWouldBeReadLaterAreRefused() {
        try (LayerNorm norm = LayerNorm.of(backend, 2, 6, 4, 5);
                Tensor input = backend.tensor(x, SHAPE);
                Tensor other = backend.empty(SHAPE);
                Tensor half = backend.empty(ElementType.FLOAT16, SHAPE);
                Tensor small = backend.empty(2, 6)) {
            int open = backend.session().openBuffers();
            assertTrue(refusal(() -> norm.forward(input, Options.DEFAULTS.output(norm.weight())))
                    .contains("in place"));
            assertTrue(refusal(() -> norm.forward(input, Options.DEFAULTS.sum(other)))
                    .contains("residual"));
            assertTrue(refusal(() -> norm.forward(
                            input, Options.DEFAULTS.residual(input).sum(other).output(other)))
                    .contains("two tensors"));
            assertTrue(refusal(() -> norm.forward(input, Options.DEFAULTS.output(half)))
                    .contains("float16"));
            assertTrue(refusal(() -> norm.forward(input, Options.DEFAULTS.residual(small)))
                    .contains("[2, 6]"));
            assertEquals(open, backend.session().openBuffers());
        }
    }

    @Test
    void parametersMayHaveAnotherType() {
        float[] weight = {1, 2, 3, 4, 5, 0.5f};
        for (ElementType parameters : ElementType.values()) {
            if (parameters == ElementType.FLOAT64 && !backend.device().fp64()) {
                continue;
            }
            try (GroupNorm norm = GroupNorm.builder(backend, 3, 6)
                            .parameterType(parameters)
                            .build();
                    Tensor input = backend.tensor(x, SHAPE)) {
                assertEquals(parameters, norm.weight().type());
                norm.weight().set(weight);
                norm.bias().set(weight);
                double[] gamma = norm.weight().toDoubles();
                try (Tensor y = norm.forward(input)) {
                    double[] expected = Reference.groupNorm(SHAPE, 1, 3)
                            .affine(gamma, gamma)
                            .normalize(i -> x[i]);
                    Errors.assertClose(expected, y.toFloats(), Errors.FORWARD, "parameters of type " + parameters);
                }
            }
        }
        try (Tensor input = backend.tensor(x, SHAPE);
                Tensor single = backend.tensor(weight, 6);
                Tensor half = backend.tensor(ElementType.FLOAT16, weight, 6)) {
            assertEquals(
                    "Expected weight and bias of one type, but got float32 and float16",
                    refusal(() -> Functional.groupNorm(input, 3, single, half, 1e-5)));
        }
    }

    @Test
    void float64IsRefusedWhereTheDeviceHasNone() {
        DeviceInfo without = TestInfo.with(backend.device(), "fp64", false);
        try (Backend limited = new Backend(new Session(JoclOpenCl.open(backend.device(), false), without))) {
            String message = refusal(() -> limited.tensor(ElementType.FLOAT64, new double[4], 4));
            assertTrue(message.contains("float64") && message.contains(without.name()), message);
            assertEquals(0, limited.session().openBuffers());
        }
    }

    @Test
    void messagesAreThoseThatUsersKnow() {
        assertEquals(
                "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got"
                        + " normalized_shape = []",
                refusal(() -> LayerNorm.of(backend)));
        try (Tensor input = backend.tensor(new float[12], 2, 2, 3);
                LayerNorm layer = LayerNorm.of(backend, 2, 2)) {
            assertEquals(
                    "Given normalized_shape=[2, 2], expected input with shape [*, 2, 2], but got input of size [2, 2, 3]",
                    refusal(() -> layer.forward(input)));
        }
    }

    @Test
    void closedLayersAreRefused() {
        BatchNorm norm = BatchNorm.of2d(backend, 6);
        norm.close();
        norm.close();
        try (Tensor input = backend.tensor(x, SHAPE)) {
            assertTrue(assertThrows(IllegalStateException.class, () -> norm.forward(input))
                    .getMessage()
                    .contains("closed"));
        }
    }
}
