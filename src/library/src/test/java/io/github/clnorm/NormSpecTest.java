package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NormSpecTest {

    private static final float[] GAMMA = {1, -2, 3, 0.5f};
    private static final float[] BETA = {0, 1, 2, 3};
    private static final float[] MEAN = {0.1f, 0.2f, 0.3f, 0.4f};
    private static final float[] VARIANCE = {1, 2, 3, 4};

    /** Specs that all differ; each is made anew in every call. */
    static List<NormSpec> specs() {
        return List.of(
                NormSpec.groupNorm(2, 4),
                NormSpec.groupNorm(4, 4),
                NormSpec.groupNorm(2, 8),
                NormSpec.groupNorm(2, 4).affine(false),
                NormSpec.groupNorm(2, 4).eps(1e-3),
                NormSpec.groupNorm(2, 4).layout(Layout.CHANNELS_LAST),
                NormSpec.groupNorm(2, 4).weight(GAMMA),
                NormSpec.groupNorm(2, 4).weight(BETA),
                NormSpec.groupNorm(2, 4).weight(GAMMA).bias(BETA).activation(Activation.SILU),
                NormSpec.layerNorm(4),
                NormSpec.layerNorm(4).bias(false),
                NormSpec.layerNorm(2, 2),
                NormSpec.layerNorm(4).weight(GAMMA),
                NormSpec.rmsNorm(4),
                NormSpec.rmsNorm(4).eps(0x1p-23),
                NormSpec.rmsNorm(2, 2).weight(GAMMA).bias(BETA),
                NormSpec.instanceNorm(4),
                NormSpec.instanceNorm(4).dimensions(2),
                NormSpec.instanceNorm(4).trackRunningStats(true).affine(true),
                NormSpec.batchNorm(4),
                NormSpec.batchNorm(4).dimensions(1),
                NormSpec.batchNorm(4).momentum(0.2),
                NormSpec.batchNorm(4).cumulativeAverage(),
                NormSpec.batchNorm(4).training(false),
                NormSpec.batchNorm(4)
                        .runningMean(MEAN)
                        .runningVar(VARIANCE)
                        .training(false)
                        .weight(GAMMA)
                        .bias(BETA));
    }

    private static NormSpec copied(NormSpec spec) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(spec);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (NormSpec) in.readObject();
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void aSerializedSpecComesBackEqual(NormSpec spec) throws IOException, ClassNotFoundException {
        NormSpec copy = copied(spec);
        assertEquals(spec, copy);
        assertEquals(spec.hashCode(), copy.hashCode());
        assertEquals(spec.toString(), copy.toString());
        assertArrayEquals(spec.weight(), copy.weight());
    }

    @Test
    void specsAreEqualIfTheyDescribeTheSame() {
        assertEquals(specs(), specs());
        assertEquals(specs().size(), new HashSet<>(specs()).size());
        assertNotEquals(NormSpec.layerNorm(4), NormSpec.rmsNorm(4).eps(1e-5));
        assertNotEquals(NormSpec.groupNorm(2, 4), "GroupNorm(2, 4)");
    }

    @Test
    void textsAreThoseOfTheModules() {
        assertEquals(
                "GroupNorm(32, 320, eps=1e-05, affine=True)",
                NormSpec.groupNorm(32, 320).toString());
        assertEquals(
                "GroupNorm(2, 4, eps=0.001, affine=True), channels_last, silu, weight of 4 values, bias of 4 values",
                NormSpec.groupNorm(2, 4)
                        .eps(1e-3)
                        .layout(Layout.CHANNELS_LAST)
                        .activation(Activation.SILU)
                        .weight(GAMMA)
                        .bias(BETA)
                        .toString());
        assertEquals(
                "LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=False)",
                NormSpec.layerNorm(4).bias(false).toString());
        assertEquals(
                "RMSNorm((2, 3), eps=None, elementwise_affine=True)",
                NormSpec.rmsNorm(2, 3).toString());
        assertEquals(
                "BatchNorm2d(4, eps=1e-05, momentum=None, affine=True, track_running_stats=True)",
                NormSpec.batchNorm(4).dimensions(2).cumulativeAverage().toString());
        assertEquals(
                "InstanceNorm(4, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)",
                NormSpec.instanceNorm(4).toString());
    }

    @Test
    void shapesFollowFromTheInput() {
        assertArrayEquals(new long[] {2, 32}, NormSpec.groupNorm(32, 320).statisticsShape(2, 320, 8, 8));
        assertArrayEquals(new long[] {320}, NormSpec.groupNorm(32, 320).parameterShape(2, 320, 8, 8));
        assertArrayEquals(new long[] {2, 3}, NormSpec.layerNorm(4, 5).statisticsShape(2, 3, 4, 5));
        assertArrayEquals(new long[] {4, 5}, NormSpec.layerNorm(4, 5).parameterShape(2, 3, 4, 5));
        assertArrayEquals(new long[] {2, 3}, NormSpec.instanceNorm(3).statisticsShape(2, 3, 4));
        assertArrayEquals(new long[] {3}, NormSpec.batchNorm(3).statisticsShape(2, 3, 4));
        assertThrows(IllegalArgumentException.class, () -> NormSpec.layerNorm(4).statisticsShape(2, 5));
        assertEquals(1e-5, NormSpec.layerNorm(4).eps(ElementType.FLOAT16));
        assertEquals(0x1p-23, NormSpec.rmsNorm(4).eps(ElementType.FLOAT16));
        assertEquals(0x1p-52, NormSpec.rmsNorm(4).eps(ElementType.FLOAT64));
    }

    @Test
    void arraysAreCopied() {
        float[] values = GAMMA.clone();
        NormSpec spec = NormSpec.groupNorm(2, 4).weight(values);
        values[0] = 9;
        spec.weight()[1] = 9;
        assertArrayEquals(GAMMA, spec.weight());
        assertNull(spec.bias());
        assertNull(spec.affine(false).weight());
    }

    @Test
    void wrongArgumentsAreRejected() {
        List<Supplier<NormSpec>> wrong = List.of(
                () -> NormSpec.groupNorm(0, 4),
                () -> NormSpec.groupNorm(3, 4),
                () -> NormSpec.layerNorm(),
                () -> NormSpec.rmsNorm(-1),
                () -> NormSpec.batchNorm(-1),
                () -> NormSpec.batchNorm(4).dimensions(4),
                () -> NormSpec.batchNorm(4).momentum(Double.NaN),
                () -> NormSpec.batchNorm(4).runningMean(new float[3]),
                () -> NormSpec.groupNorm(2, 4).weight(new float[3]),
                () -> NormSpec.layerNorm(2, 3).bias(new float[4]),
                () -> NormSpec.groupNorm(2, 4).eps(Double.POSITIVE_INFINITY),
                () -> NormSpec.layerNorm(4).layout(Layout.CHANNELS_LAST));
        wrong.forEach(spec -> assertThrows(IllegalArgumentException.class, spec::get));
        assertEquals(
                "Expected weight of 4 values for GroupNorm(2, 4, eps=1e-05, affine=True), but got 3",
                assertThrows(IllegalArgumentException.class, () -> NormSpec.groupNorm(2, 4)
                                .weight(new float[3]))
                        .getMessage());
        assertThrows(NullPointerException.class, () -> NormSpec.groupNorm(2, 4).weight(null));
        assertThrows(NullPointerException.class, () -> NormSpec.groupNorm(2, 4).activation(null));
    }

    /** The reference knows each operation by the name that the spec gives it. */
    @Test
    void everyKindHasAReference() {
        long[] shape = {2, 4, 6};
        for (NormSpec.Kind kind : NormSpec.Kind.values()) {
            assertEquals(kind, NormSpec.Kind.parse(kind.toString()));
            for (Layout layout : Layout.values()) {
                NormSpec spec = kind.spec(new NormSpec.Arguments(2, new long[] {6}, layout, true, 0.1));
                assertEquals(kind, spec.kind());
                Reference reference =
                        Reference.named(spec.sets().name(), shape, layout.channelAxis(shape.length), 2, 6);
                String message = kind + ", " + layout;
                long sets = Shapes.elements(spec.statisticsShape(shape));
                assertEquals(sets, reference.moments(i -> i).variance().length, message);
                Geometry geometry = spec.sets().geometry(shape);
                assertEquals(sets, geometry.sets(), message);
                assertEquals(Shapes.elements(spec.parameterShape(shape)), geometry.parameters(), message);
            }
        }
        assertThrows(IllegalArgumentException.class, () -> NormSpec.Kind.parse("local_response_norm"));
        assertThrows(IllegalArgumentException.class, () -> Reference.named("local_response_norm", shape, 1, 2));
    }

    // On a device.

    private static double[] results(Layer layer, Tensor x, Tensor dy) {
        List<double[]> parts = new ArrayList<>();
        try (layer;
                Recorded pass = layer.record(x);
                Gradients gradients = pass.backward(dy)) {
            parts.add(pass.output().toDoubles());
            parts.add(gradients.input().toDoubles());
            for (Tensor tensor : new Tensor[] {gradients.weight(), gradients.bias()}) {
                parts.add(tensor == null ? new double[] {Double.NaN} : tensor.toDoubles());
            }
            if (layer instanceof ChannelStatisticsNorm norm && norm.runningMean() != null) {
                parts.add(norm.runningMean().toDoubles());
                parts.add(norm.runningVar().toDoubles());
            }
        }
        return parts.stream().flatMapToDouble(java.util.Arrays::stream).toArray();
    }

    /** A norm over the channels of each position: its parameter changes from row to row. */
    @Tag("device")
    @Test
    void parametersThatDoNotFitTheGeometryAreRejected() {
        Backend backend = TestDevices.first();
        Geometry geometry = new Geometry(2, 4, 6, 1, 1);
        try (Tensor x = backend.tensor(Values.normal(1, 48, 0, 1), 2, 4, 6);
                Tensor values = backend.tensor(GAMMA, 4);
                Tensor statistics = backend.tensor(Values.normal(2, 12, 1, 0), 2, 6)) {
            String message = "of 6 elements for " + geometry + ", but got 4";
            for (String name : List.of("weight", "bias")) {
                GivenParameters four =
                        name.equals("weight") ? GivenParameters.of(values, null) : GivenParameters.of(null, values);
                Pass pass = new Pass(
                                "new_norm", x, geometry, Statistics.MEAN_AND_VARIANCE, 1e-5, four, Options.DEFAULTS)
                        .statisticsOf(2, 6);
                String rejected = assertThrows(IllegalStateException.class, pass::normalized)
                        .getMessage();
                assertTrue(rejected.startsWith("Expected " + name + " " + message), rejected);
                GradientPass gradients = new GradientPass(
                                x, x, geometry, Statistics.MEAN_AND_VARIANCE, four, GradientOptions.DEFAULTS)
                        .saved(new Saved(statistics, null, statistics), 2, 6);
                rejected = assertThrows(IllegalStateException.class, gradients::gradients)
                        .getMessage();
                assertTrue(rejected.startsWith("Expected " + name + " " + message), rejected);
            }
        }
    }

    private static void set(Tensor tensor, float[] values) {
        if (tensor != null) {
            tensor.set(values);
        }
    }

    @Tag("device")
    @Tag("slow")
    @Test
    void aLayerOfASpecGivesTheLayersOwnBits() {
        Backend backend = TestDevices.first();
        try (Tensor x = backend.tensor(Values.normal(1, 96, 1, 2), 2, 4, 3, 4);
                Tensor dy = backend.tensor(Values.normal(2, 96, 0, 1), 2, 4, 3, 4)) {
            assertArrayEquals(
                    results(GroupNorm.of(backend, 2, 4), x, dy),
                    results(NormSpec.groupNorm(2, 4).on(backend), x, dy));
            GroupNorm group = GroupNorm.builder(backend, 2, 4)
                    .layout(Layout.CHANNELS_LAST)
                    .activation(Activation.SILU)
                    .eps(1e-3)
                    .build();
            set(group.weight(), GAMMA);
            set(group.bias(), BETA);
            NormSpec ofGroup = NormSpec.groupNorm(2, 4)
                    .layout(Layout.CHANNELS_LAST)
                    .activation(Activation.SILU)
                    .eps(1e-3)
                    .weight(GAMMA)
                    .bias(BETA);
            assertArrayEquals(results(group, x, dy), results(ofGroup.on(backend), x, dy));
            LayerNorm row = LayerNorm.of(backend, 4);
            set(row.weight(), GAMMA);
            assertArrayEquals(
                    results(row, x, dy),
                    results(NormSpec.layerNorm(4).weight(GAMMA).on(backend), x, dy));
            assertArrayEquals(
                    results(RmsNorm.of(backend, 4), x, dy),
                    results(NormSpec.rmsNorm(4).on(backend), x, dy));
            assertArrayEquals(
                    results(InstanceNorm.of2d(backend, 4), x, dy),
                    results(NormSpec.instanceNorm(4).on(backend), x, dy));
            assertArrayEquals(
                    results(BatchNorm.of2d(backend, 4), x, dy),
                    results(NormSpec.batchNorm(4).on(backend), x, dy));
            BatchNorm batch = BatchNorm.of2d(backend, 4);
            batch.eval();
            set(batch.runningMean(), MEAN);
            set(batch.runningVar(), VARIANCE);
            NormSpec ofBatch =
                    NormSpec.batchNorm(4).runningMean(MEAN).runningVar(VARIANCE).training(false);
            assertArrayEquals(results(batch, x, dy), results(ofBatch.on(backend), x, dy));
        }
    }

    @Tag("device")
    @Tag("slow")
    @Test
    void theFunctionalFormGivesTheLayersBits() {
        Backend backend = TestDevices.first();
        NormSpec spec = NormSpec.groupNorm(2, 4).activation(Activation.RELU);
        try (Tensor x = backend.tensor(Values.normal(1, 96, 1, 2), 2, 4, 3, 4);
                Tensor dy = backend.tensor(Values.normal(2, 96, 0, 1), 2, 4, 3, 4);
                Tensor gamma = backend.tensor(GAMMA, 4);
                Tensor beta = backend.tensor(BETA, 4);
                Layer layer = spec.weight(GAMMA).bias(BETA).on(backend);
                Recorded pass = layer.record(x);
                Gradients expected = pass.backward(dy);
                Normalized y = Functional.forward(spec, x, ChannelState.of(gamma, beta), Options.DEFAULTS);
                Gradients gradients = Functional.backward(
                        spec, dy, x, ChannelState.of(gamma, beta), y.saved(), GradientOptions.DEFAULTS)) {
            assertArrayEquals(pass.output().toFloats(), y.output().toFloats());
            assertArrayEquals(expected.input().toFloats(), gradients.input().toFloats());
            assertArrayEquals(expected.weight().toFloats(), gradients.weight().toFloats());
            assertArrayEquals(expected.bias().toFloats(), gradients.bias().toFloats());
            Options last = Options.DEFAULTS.layout(Layout.CHANNELS_LAST);
            assertThrows(IllegalArgumentException.class, () -> Functional.forward(spec, x, ChannelState.NONE, last));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Functional.forward(NormSpec.groupNorm(2, 8), x, ChannelState.NONE, Options.DEFAULTS));
        }
    }

    @Tag("device")
    @Test
    void aLayerOfASpecHasItsTypeAndItsParameters() {
        Backend backend = TestDevices.first();
        try (Layer group = NormSpec.groupNorm(2, 4).on(backend);
                Layer plain = NormSpec.groupNorm(2, 4).affine(false).on(backend);
                Layer rms = NormSpec.rmsNorm(4).on(backend);
                Layer batch = NormSpec.batchNorm(4).training(false).on(backend)) {
            assertInstanceOf(GroupNorm.class, group);
            assertArrayEquals(new float[] {1, 1, 1, 1}, group.weight().toFloats());
            assertArrayEquals(new float[4], group.bias().toFloats());
            assertNull(plain.weight());
            assertNull(rms.bias());
            assertFalse(assertInstanceOf(BatchNorm.class, batch).isTraining());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> NormSpec.groupNorm(2, 4).eps(-1).on(backend));
        NormSpec any = NormSpec.Kind.GROUP_NORM.spec(new NormSpec.Arguments(2, null, Layout.CHANNELS_FIRST, true, 0.1));
        assertTrue(assertThrows(IllegalStateException.class, () -> any.on(backend))
                .getMessage()
                .contains("number of channels"));
    }
}
