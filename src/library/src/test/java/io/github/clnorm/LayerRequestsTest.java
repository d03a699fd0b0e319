package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong numbers, options and shapes in Java: rejected, and the message names what mends them in the library's names. */
@Tag("device")
@SuppressWarnings("try")
class LayerRequestsTest {

    private static final Options LAST = Options.DEFAULTS.layout(Layout.CHANNELS_LAST);
    private static final GradientOptions GRADIENTS_LAST = GradientOptions.DEFAULTS.layout(Layout.CHANNELS_LAST);

    private final Backend backend = TestDevices.first();

    private static String refusal(Runnable action) {
        return assertThrows(IllegalArgumentException.class, action::run).getMessage();
    }

    private static void assertSays(String message, String... words) {
        for (String word : words) {
            assertTrue(message.contains(word), "'" + word + "' is not in: " + message);
        }
        assertFalse(message.contains("--"), message);
    }

    // Numbers.

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -1, -1e-300})
    void layersRejectAnEpsThatIsNoNumberOrNegative(double eps) {
        List<DoubleFunction<Layer.Settings<?>>> builders = List.of(
                value -> GroupNorm.builder(backend, 2, 4).eps(value),
                value -> LayerNorm.builder(backend, 4).eps(value),
                value -> RmsNorm.builder(backend, 4).eps(value),
                value -> BatchNorm.builder(backend, 4, 2).eps(value),
                value -> InstanceNorm.builder(backend, 4, 2).eps(value),
                value -> FrozenBatchNorm.builder(backend, 4).eps(value));
        for (DoubleFunction<Layer.Settings<?>> builder : builders) {
            assertSays(refusal(() -> builder.apply(eps)), "eps(" + eps + ")", "finite number of 0 or more");
            builder.apply(0);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void operationsRejectNumbersThatAreNone(double wrong) {
        long[] last = {4};
        try (Tensor x = backend.tensor(Values.normal(1, 24, 0, 1), 2, 3, 4);
                Tensor mean = backend.tensor(new float[3], 3);
                Tensor var = backend.tensor(Values.constant(3, 1), 3)) {
            List<Runnable> withEps = List.of(
                    () -> Functional.groupNorm(x, 3, null, null, wrong),
                    () -> Functional.layerNorm(x, last, null, null, wrong, Options.DEFAULTS),
                    () -> Functional.rmsNorm(x, last, null, null, wrong, Options.DEFAULTS),
                    () -> Functional.instanceNorm(x, null, null, null, null, true, 0.1, wrong, Options.DEFAULTS),
                    () -> Functional.batchNorm(x, mean, var, null, null, true, 0.1, wrong, Options.DEFAULTS),
                    () -> Functional.batchNorm(x, mean, var, null, null, false, 0.1, wrong, Options.DEFAULTS),
                    () -> Functional.batchNormBackward(
                            x,
                            x,
                            new ChannelState(null, null, mean, var),
                            null,
                            false,
                            wrong,
                            GradientOptions.DEFAULTS),
                    () -> Functional.instanceNormBackward(
                            x,
                            x,
                            new ChannelState(null, null, mean, var),
                            null,
                            false,
                            wrong,
                            GradientOptions.DEFAULTS));
            withEps.forEach(call -> assertSays(refusal(call), "eps", String.valueOf(wrong)));
            List<Runnable> withMomentum = List.of(
                    () -> Functional.instanceNorm(x, mean, var, null, null, true, wrong, 1e-5, Options.DEFAULTS),
                    () -> Functional.batchNorm(x, mean, var, null, null, true, wrong, 1e-5, Options.DEFAULTS),
                    () -> BatchNorm.builder(backend, 3, 1).momentum(wrong),
                    () -> InstanceNorm.builder(backend, 3, 1).momentum(wrong));
            withMomentum.forEach(call -> assertSays(refusal(call), "momentum", String.valueOf(wrong)));
            assertEquals(List.of(0f, 0f, 0f), List.of(mean.toFloats()[0], mean.toFloats()[1], mean.toFloats()[2]));
            // PyTorch's own cases have both.
            Functional.groupNorm(x, 3, null, null, -0.01).close();
            Functional.batchNorm(x, mean, var, null, null, true, -1.2, 1e-5, Options.DEFAULTS)
                    .close();
            BatchNorm.builder(backend, 3, 1).momentum(-1.2).momentum(2);
        }
    }

    /** Finite as a double, infinite in the type that is computed in. */
    @Test
    void numbersBeyondTheTypeThatIsComputedInAreRejected() {
        double large = 1e39;
        try (Tensor x = backend.tensor(Values.normal(1, 24, 0, 1), 2, 3, 4);
                Tensor mean = backend.tensor(new float[3], 3);
                Tensor var = backend.tensor(Values.constant(3, 1), 3);
                BatchNorm momentum =
                        BatchNorm.builder(backend, 3, 1).momentum(large).build();
                GroupNorm eps = GroupNorm.builder(backend, 3, 3).eps(large).build()) {
            List<Runnable> calls = List.of(
                    () -> momentum.infer(x),
                    () -> eps.infer(x),
                    () -> Functional.groupNorm(x, 3, null, null, -large),
                    () -> Functional.batchNorm(x, mean, var, null, null, true, large, 1e-5, Options.DEFAULTS),
                    () -> Functional.batchNormBackward(
                            x,
                            x,
                            new ChannelState(null, null, mean, var),
                            null,
                            false,
                            large,
                            GradientOptions.DEFAULTS));
            calls.forEach(call -> assertSays(refusal(call), "1.0E39", "range of float32"));
            assertEquals(0, momentum.numBatchesTracked());
            assertEquals(1, momentum.runningMean().version());
            if (backend.device().fp64()) {
                try (Tensor wide = backend.tensor(ElementType.FLOAT64, new double[24], 2, 3, 4)) {
                    eps.infer(wide).close();
                }
            }
        }
    }

    @Test
    void runningStatisticsShareTheirMemoryWithNothing() {
        try (Tensor x = backend.tensor(Values.normal(1, 24, 0, 1), 2, 3, 4);
                Tensor mean = backend.tensor(new float[3], 3);
                Tensor var = backend.tensor(Values.constant(3, 1), 3)) {
            for (Runnable call : List.<Runnable>of(
                    () -> Functional.batchNorm(x, mean, mean, null, null, true, 0.1, 1e-5, Options.DEFAULTS),
                    () -> Functional.batchNorm(x, mean, var, mean, null, true, 0.1, 1e-5, Options.DEFAULTS),
                    () -> Functional.instanceNorm(x, mean, var, null, var, true, 0.1, 1e-5, Options.DEFAULTS))) {
                assertSays(refusal(call), "running_mean and running_var in tensors of their own", "[3]");
            }
            assertEquals(1, mean.version());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 1L << 31, Long.MAX_VALUE})
    void constructorsNameTheCountThatIsWrong(long wrong) {
        List<LongFunction<Layer>> features = List.of(
                count -> FrozenBatchNorm.of(backend, count),
                count -> BatchNorm.of1d(backend, count),
                count -> BatchNorm.of2d(backend, count),
                count -> BatchNorm.of3d(backend, count),
                count -> InstanceNorm.of1d(backend, count),
                count -> InstanceNorm.of2d(backend, count),
                count -> InstanceNorm.of3d(backend, count));
        String range = "from 0 to 2147483647, got " + wrong;
        features.forEach(layer -> assertEquals("Expected num_features " + range, refusal(() -> layer.apply(wrong))));
        assertEquals("Expected num_channels " + range, refusal(() -> GroupNorm.of(backend, 1, wrong)));
        if (wrong < 0) {
            assertEquals(
                    "Expected num groups to be greater than 0, got " + wrong,
                    refusal(() -> GroupNorm.of(backend, wrong, 4)));
            List<Function<long[], Layer>> shapes = List.of(
                    shape -> LayerNorm.of(backend, shape),
                    shape -> LayerNorm.builder(backend, shape)
                            .elementwiseAffine(false)
                            .build(),
                    shape -> RmsNorm.of(backend, shape),
                    shape -> RmsNorm.builder(backend, shape)
                            .elementwiseAffine(false)
                            .build());
            shapes.forEach(layer -> assertEquals(
                    "Expected normalized_shape with dimensions of 0 or more, but got normalized_shape = [3, " + wrong
                            + "]",
                    refusal(() -> layer.apply(new long[] {3, wrong}))));
        }
    }

    @Test
    void nullIsRejectedWhereItIsGiven() {
        assertEquals(
                "backend",
                assertThrows(NullPointerException.class, () -> GroupNorm.of(null, 2, 4))
                        .getMessage());
        assertEquals(
                "statisticsType",
                assertThrows(NullPointerException.class, () -> BatchNorm.builder(backend, 4, 2)
                                .statisticsType(null))
                        .getMessage());
        assertEquals(
                "statisticsType",
                assertThrows(NullPointerException.class, () -> FrozenBatchNorm.builder(backend, 4)
                                .statisticsType(null))
                        .getMessage());
    }

    // Layouts and channels.

    @Test
    void theLastDimensionsHaveNoLayout() {
        long[] last = {4};
        String layer = "layout(CHANNELS_LAST) does not belong to layer_norm";
        String rms = "layout(CHANNELS_LAST) does not belong to rms_norm";
        try (Tensor x = backend.tensor(Values.normal(1, 24, 0, 1), 2, 3, 4);
                Normalized layerNorm = Functional.layerNorm(x, last, null, null, 1e-5, Options.DEFAULTS);
                Normalized rmsNorm = Functional.rmsNorm(x, last, null, null, 1e-5, Options.DEFAULTS);
                LayerNorm ofLayer = LayerNorm.of(backend, 4);
                RmsNorm ofRms = RmsNorm.of(backend, 4);
                Tensor y = ofLayer.forward(x);
                Tensor z = ofRms.forward(x)) {
            assertSays(refusal(() -> Functional.layerNorm(x, last, null, null, 1e-5, LAST)), layer);
            assertSays(refusal(() -> Functional.rmsNorm(x, last, null, null, 1e-5, LAST)), rms);
            assertSays(
                    refusal(() ->
                            Functional.layerNormBackward(x, x, last, null, null, layerNorm.saved(), GRADIENTS_LAST)),
                    layer);
            assertSays(
                    refusal(() -> Functional.rmsNormBackward(x, x, last, null, null, rmsNorm.saved(), GRADIENTS_LAST)),
                    rms);
            assertSays(refusal(() -> ofLayer.backward(y, GRADIENTS_LAST)), layer);
            assertSays(refusal(() -> ofRms.backward(z, GRADIENTS_LAST)), rms);
            assertSays(refusal(() -> ofLayer.forward(x, LAST)), layer);
            assertSays(refusal(() -> ofRms.forward(x, LAST)), rms);
        }
    }

    @Test
    void channelsOfAnotherLayoutAreRecognized() {
        try (Tensor x = backend.tensor(new float[120], 2, 4, 5, 3)) {
            List<Layer> layers = List.of(
                    GroupNorm.of(backend, 3, 3),
                    GroupNorm.builder(backend, 3, 3).affine(false).build(),
                    BatchNorm.of2d(backend, 3),
                    BatchNorm.builder(backend, 3, 2).affine(false).build(),
                    BatchNorm.builder(backend, 3, 2)
                            .affine(false)
                            .trackRunningStats(false)
                            .build(),
                    BatchNorm.builder(backend, 3, 2).trackRunningStats(false).build(),
                    InstanceNorm.of2d(backend, 3),
                    InstanceNorm.builder(backend, 3, 2)
                            .affine(true)
                            .trackRunningStats(true)
                            .build(),
                    FrozenBatchNorm.of(backend, 3));
            for (Layer layer : layers) {
                String message = refusal(() -> layer.forward(x));
                assertTrue(
                        message.endsWith("ts dimension 3 has 3: if these are the channels, use layout(CHANNELS_LAST)"),
                        layer + ": " + message);
                layer.close();
            }
            try (Tensor three = backend.tensor(new float[3], 3)) {
                assertSays(refusal(() -> Functional.groupNorm(x, 2, three, null, 1e-5)), "use layout(CHANNELS_LAST)");
                assertSays(
                        refusal(() ->
                                Functional.batchNorm(x, three, null, null, null, true, 0.1, 1e-5, Options.DEFAULTS)),
                        "use layout(CHANNELS_LAST)");
            }
            try (GroupNorm last = GroupNorm.builder(backend, 2, 4)
                            .layout(Layout.CHANNELS_LAST)
                            .build();
                    GroupNorm seven = GroupNorm.of(backend, 7, 7)) {
                assertSays(refusal(() -> last.forward(x)), "4 channels", "use layout(CHANNELS_FIRST)");
                assertFalse(refusal(() -> seven.forward(x)).contains("layout"));
            }
        }
    }

    @Test
    void instanceNormRejectsChannelsThatItWasNotMadeFor() {
        try (InstanceNorm bare = InstanceNorm.of1d(backend, 3);
                InstanceNorm last = InstanceNorm.builder(backend, 3, 1)
                        .layout(Layout.CHANNELS_LAST)
                        .build();
                Tensor four = backend.tensor(new float[40], 2, 4, 5);
                Tensor unbatched = backend.tensor(new float[20], 4, 5)) {
            String expected = " to match num_features (3), but got: ";
            assertEquals("expected input's size at dim=1" + expected + "4.", refusal(() -> bare.forward(four)));
            assertEquals("expected input's size at dim=0" + expected + "4.", refusal(() -> bare.forward(unbatched)));
            assertEquals("expected input's size at dim=2" + expected + "5.", refusal(() -> last.forward(four)));
        }
    }

    // Types and backends.

    @Test
    void runningStatisticsOfAnotherTypeNameTheSetting() {
        if (!backend.device().fp64()) {
            throw new AssertionError("this test needs a device with float64 first, such as PoCL's");
        }
        try (Tensor x = backend.tensor(ElementType.FLOAT64, new double[24], 2, 3, 4)) {
            List<Layer> layers = List.of(
                    BatchNorm.of1d(backend, 3),
                    InstanceNorm.builder(backend, 3, 1).trackRunningStats(true).build(),
                    FrozenBatchNorm.of(backend, 3));
            for (Layer layer : layers) {
                assertSays(
                        refusal(() -> layer.forward(x)), "got float32", "build the layer with statisticsType(FLOAT64)");
                layer.close();
            }
        }
    }

    @Test
    void parametersOfATypeThatTheDeviceLacksNameTheSetting() {
        try (Backend without = new Backend(new Session(
                JoclOpenCl.open(backend.device(), false), TestInfo.with(backend.device(), "fp64", false)))) {
            assertSays(
                    refusal(() -> GroupNorm.builder(without, 2, 4)
                            .parameterType(ElementType.FLOAT64)
                            .build()),
                    "float64 is not available on ",
                    "parameterType(FLOAT32)");
            assertSays(
                    refusal(() -> BatchNorm.builder(without, 4, 2)
                            .statisticsType(ElementType.FLOAT64)
                            .build()),
                    "float64 is not available on ",
                    "statisticsType(FLOAT32)");
            assertEquals(0, without.session().openBuffers());
        }
    }

    @Test
    void aDeviceThatTwoBackendsShareIsNamedOnce() {
        String device = backend.device().description();
        try (Backend other = Backend.open(backend.device());
                Tensor x = backend.tensor(new float[8], 1, 8);
                Tensor weight = other.tensor(new float[8], 8);
                Tensor foreign = other.tensor(new float[8], 1, 8);
                GroupNorm norm = GroupNorm.of(backend, 2, 8)) {
            for (String message : List.of(
                    refusal(() -> Functional.groupNorm(x, 2, weight, null, 1e-5)),
                    refusal(() -> norm.forward(foreign)))) {
                assertEquals(message.indexOf(device), message.lastIndexOf(device), message);
                assertSays(message, device, "backend");
            }
        }
    }

    // The default eps of rms_norm.

    @ParameterizedTest
    @EnumSource(
            value = ElementType.class,
            names = {"FLOAT16", "BFLOAT16"})
    void halvesHaveTheDefaultEpsOfFloat32(ElementType type) {
        double[] values = Values.normal(type, 3, 40, 0, 0.01);
        double[] dy = Values.normal(type, 4, 40, 0, 1);
        try (RmsNorm norm = RmsNorm.of(backend, 20);
                Tensor x = backend.tensor(type, values, 2, 20);
                Tensor gradient = backend.tensor(type, dy, 2, 20);
                Tensor y = norm.forward(x);
                Gradients gradients = norm.backward(gradient)) {
            Reference reference = Reference.rmsNorm(new long[] {2, 20}, 20).eps(0x1p-23);
            assertClose(type, reference.normalize(i -> values[i]), y.toDoubles());
            assertClose(
                    type,
                    reference.gradients(i -> values[i], i -> dy[i]).input(),
                    gradients.input().toDoubles());
        }
    }

    private static void assertClose(ElementType type, double[] expected, double[] actual) {
        for (int i = 0; i < expected.length; i++) {
            double allowed = type.epsilon() * Math.abs(expected[i]) + 1e-4;
            assertTrue(
                    Math.abs(actual[i] - expected[i]) <= allowed, i + ": " + actual[i] + ", expected " + expected[i]);
        }
    }

    // What is promised of dγ.

    /** One channel: dγ is what is left of terms that cancel, and nothing larger is beside it. */
    @Test
    void theErrorOfAParametersGradientIsBoundedByTheMagnitudesOfItsTerms() {
        long[] shape = {4, 1, 64, 64};
        int count = 4 * 64 * 64;
        float[] values = Values.normal(11, count, 3, 2);
        // Nearly constant: Σ x̂ is 0, so dγ is what the small part gives.
        float[] dy = Values.normal(12, count, 1, 1e-4);
        Reference reference = Reference.groupNorm(shape, 1, 1);
        Reference.Gradients exact = reference.gradients(i -> values[i], i -> dy[i]);
        double[] normalized = reference.normalize(i -> values[i]);
        double terms = 0;
        for (int i = 0; i < count; i++) {
            terms += Math.abs(dy[i]) * (1 + Math.abs(normalized[i]));
        }
        assertTrue(Math.abs(exact.weight()[0]) < 1e-4 * terms, "the terms cancel");
        try (GroupNorm norm = GroupNorm.of(backend, 1, 1);
                Tensor x = backend.tensor(values, shape);
                Tensor gradient = backend.tensor(dy, shape);
                Tensor y = norm.forward(x);
                Gradients gradients = norm.backward(gradient)) {
            double error = Math.abs(gradients.weight().toFloats()[0] - exact.weight()[0]);
            assertTrue(error <= 2e-5 * terms, error + " of " + terms);
        }
    }
}
