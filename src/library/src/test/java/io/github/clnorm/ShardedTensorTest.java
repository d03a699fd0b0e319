package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tensors that are distributed over a fleet, and layers for them. */
@Tag("device")
@SuppressWarnings("try")
class ShardedTensorTest {

    private static final long[] SHAPE = {11, 6, 35};
    private static final int COUNT = 11 * 6 * 35;

    private final List<Backend> backends = new ArrayList<>();
    private Fleet fleet;

    @BeforeEach
    void open() {
        DeviceInfo device = TestDevices.first().device();
        for (int i = 0; i < 3; i++) {
            backends.add(Backend.open(device, Tuning.OFF));
        }
        fleet = Fleet.of(backends, Fleet.SameDevice.ALLOWED);
    }

    @AfterEach
    void close() {
        fleet.close();
        backends.forEach(Backend::close);
    }

    @Test
    void sharesAlongTheFirstDimensionFollowTheWeights() {
        float[] values = Values.normal(1, COUNT, 0, 1);
        fleet.weights(0.5, 0.3, 0.2);
        try (ShardedTensor x = fleet.scatter(ElementType.FLOAT32, FloatBuffer.wrap(values), SHAPE)) {
            assertEquals(
                    List.of(0L, 6L, 9L),
                    x.shards().stream().map(ShardedTensor.Shard::from).toList());
            assertArrayEquals(new long[] {2, 6, 35}, x.shards().get(2).tensor().shape());
            float[] gathered = new float[COUNT];
            x.gather(FloatBuffer.wrap(gathered));
            Errors.assertSameBits(values, gathered, "gathered");
            FloatBuffer within = FloatBuffer.allocate(COUNT + 5).position(5);
            x.gather(within);
            assertEquals(FloatBuffer.wrap(values), within);
            assertThrows(IllegalArgumentException.class, () -> x.gather(FloatBuffer.allocate(COUNT - 1)));
        }
        // Fewer rows than devices: one device has no part.
        try (ShardedTensor x =
                fleet.scatter(ElementType.FLOAT32, FloatBuffer.wrap(new float[] {1, 2, 3, 4, 5, 6}), 2, 3)) {
            assertEquals(2, x.shards().size());
            float[] gathered = new float[6];
            x.gather(FloatBuffer.wrap(gathered));
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, gathered);
        }
        try (ShardedTensor x = fleet.scatter(ElementType.FLOAT32, FloatBuffer.allocate(0), 0, 3)) {
            x.gather(FloatBuffer.allocate(0));
        }
    }

    @Test
    void aTrainingStepGivesWhatOneDeviceGives() {
        float[] values = Values.normal(1, COUNT, 1, 2);
        float[] gradient = Values.normal(2, COUNT, 0, 1);
        for (NormSpec spec : List.of(
                NormSpec.groupNorm(3, 6)
                        .weight(Values.normal(3, 6, 1, 0.1))
                        .bias(Values.normal(4, 6, 0, 0.1))
                        .activation(Activation.SILU),
                NormSpec.layerNorm(35),
                NormSpec.instanceNorm(6),
                NormSpec.batchNorm(6).training(false))) {
            try (FleetLayer layer = fleet.layer(spec);
                    ShardedTensor x = fleet.scatter(ElementType.FLOAT32, FloatBuffer.wrap(values), SHAPE);
                    ShardedTensor dy = fleet.scatter(ElementType.FLOAT32, FloatBuffer.wrap(gradient), SHAPE);
                    ShardedTensor inferred = layer.infer(x);
                    ShardedTensor y = layer.forward(x);
                    ShardedGradients gradients = layer.backward(dy);
                    Layer one = spec.on(backends.get(0));
                    Tensor input = backends.get(0).tensor(values, SHAPE);
                    Tensor expected = one.forward(input);
                    Tensor gradOutput = backends.get(0).tensor(gradient, SHAPE);
                    Gradients wanted = one.backward(gradOutput)) {
                Errors.assertSameBits(expected.toFloats(), gathered(y), spec + " y");
                Errors.assertSameBits(expected.toFloats(), gathered(inferred), spec + " inferred");
                Errors.assertSameBits(wanted.input().toFloats(), gathered(gradients.input()), spec + " dx");
                if (wanted.weight() == null) {
                    assertEquals(null, gradients.weight());
                } else {
                    Errors.assertSameBits(wanted.weight().toDoubles(), gradients.weight(), spec + " dweight");
                    Errors.assertSameBits(wanted.bias().toDoubles(), gradients.bias(), spec + " dbias");
                }
            }
        }
    }

    private record Rows(NormSpec spec, ElementType type, long... shape) {}

    private static List<Rows> rows() {
        float[] gamma = Values.normal(3, 300, 1, 0.5);
        float[] beta = Values.normal(4, 300, 0, 0.5);
        return List.of(
                // 9 columns: 8 rows form one of 72, and 128 of these are a block.
                new Rows(NormSpec.layerNorm(9), ElementType.FLOAT32, 6, 128, 9),
                new Rows(NormSpec.rmsNorm(9), ElementType.FLOAT32, 4, 1024, 9),
                // Shares whose blocks begin where a device can address them, and where it cannot.
                new Rows(NormSpec.layerNorm(64).activation(Activation.SILU), ElementType.FLOAT32, 1000, 64),
                new Rows(NormSpec.rmsNorm(33), ElementType.FLOAT16, 700, 33),
                new Rows(NormSpec.layerNorm(3000), ElementType.BFLOAT16, 131, 3000),
                new Rows(NormSpec.layerNorm(70), ElementType.FLOAT64, 3000, 70),
                // Rows of several sets.
                new Rows(NormSpec.groupNorm(3, 300).weight(gamma).bias(beta), ElementType.FLOAT32, 400, 300),
                // The rows of a batch.
                new Rows(
                        NormSpec.batchNorm(300)
                                .training(false)
                                .runningMean(beta)
                                .runningVar(Values.constant(300, 0.7f))
                                .weight(gamma),
                        ElementType.FLOAT32,
                        500,
                        300,
                        2,
                        1));
    }

    @Test
    @Tag("slow")
    void parametersHaveTheBitsOfOneDeviceForEachDivision() {
        for (Rows rows : rows()) {
            int count = Math.toIntExact(Shapes.elements(rows.shape));
            double[] values = Values.doubles(Values.normal(1, count, 1, 2));
            double[] gradient = Values.doubles(Values.normal(2, count, 0, 1));
            double[] dWeight;
            double[] dBias;
            try (Layer one = rows.spec.on(backends.get(0), rows.type);
                    Tensor input = backends.get(0).tensor(rows.type, values, rows.shape);
                    Tensor dy = backends.get(0).tensor(rows.type, gradient, rows.shape);
                    Recorded pass = one.record(input);
                    Gradients wanted = pass.backward(dy)) {
                dWeight = wanted.weight().toDoubles();
                dBias = wanted.bias() == null ? null : wanted.bias().toDoubles();
            }
            for (double[] weights : new double[][] {
                {0.25, 0.5, 0.25}, {0.98, 0.01, 0.01}, {0.41, 0.13, 0.46}, {0.02, 0.06, 0.92}, {0.34, 0.33, 0.33}
            }) {
                fleet.weights(weights);
                String what = rows + " by " + Arrays.toString(weights);
                try (FleetLayer layer = fleet.layer(rows.spec, rows.type);
                        ShardedTensor x = fleet.scatter(rows.type, raw(rows.type, values), rows.shape);
                        ShardedTensor dy = fleet.scatter(rows.type, raw(rows.type, gradient), rows.shape);
                        ShardedTensor y = layer.forward(x);
                        ShardedGradients gradients = layer.backward(dy)) {
                    Errors.assertSameBits(dWeight, gradients.weight(), what + ", dweight");
                    if (dBias != null) {
                        Errors.assertSameBits(dBias, gradients.bias(), what + ", dbias");
                    }
                }
            }
        }
    }

    private static ByteBuffer raw(ElementType type, double... values) {
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(values.length * type.bytes()).order(ByteOrder.nativeOrder());
        Codec.encode(type, values, 0, bytes);
        return bytes.rewind();
    }

    @Test
    void aTensorWithoutElementsHasGradientsOfZero() {
        try (FleetLayer layer = fleet.layer(NormSpec.layerNorm(5));
                ShardedTensor x = fleet.scatter(ElementType.FLOAT32, FloatBuffer.allocate(0), 0, 5);
                ShardedTensor y = layer.forward(x);
                ShardedGradients gradients = layer.backward(y)) {
            assertArrayEquals(new double[5], gradients.weight());
            assertArrayEquals(new double[5], gradients.bias());
        }
    }

    /** Each division of a batch gives the same statistics, also one with a device without samples. */
    @Test
    void batchNormInTrainingTakesTheStatisticsOfAllShards() {
        float[] values = Values.normal(1, COUNT, 1, 2);
        float[] gradient = Values.normal(2, COUNT, 0, 1);
        NormSpec spec = NormSpec.batchNorm(6).weight(Values.normal(3, 6, 1, 0.1));
        float[] y = null;
        float[] dx = null;
        double[] dWeight = null;
        for (double[] weights : new double[][] {{0.3, 0.3, 0.4}, {0.6, 0.2, 0.2}, {0.98, 0.01, 0.01}}) {
            fleet.weights(weights);
            try (FleetLayer layer = fleet.layer(spec);
                    ShardedTensor x = fleet.scatter(ElementType.FLOAT32, FloatBuffer.wrap(values), SHAPE);
                    ShardedTensor dy = fleet.scatter(ElementType.FLOAT32, FloatBuffer.wrap(gradient), SHAPE);
                    ShardedTensor output = layer.forward(x);
                    ShardedGradients gradients = layer.backward(dy)) {
                y = y == null ? gathered(output) : y;
                dx = dx == null ? gathered(gradients.input()) : dx;
                dWeight = dWeight == null ? gradients.weight() : dWeight;
                Errors.assertSameBits(y, gathered(output), "y");
                Errors.assertSameBits(dx, gathered(gradients.input()), "dx");
                Errors.assertSameBits(dWeight, gradients.weight(), "dweight");
            }
        }
        try (Layer one = spec.on(backends.get(0));
                Tensor input = backends.get(0).tensor(values, SHAPE);
                Tensor expected = one.forward(input);
                Tensor gradOutput = backends.get(0).tensor(gradient, SHAPE);
                Gradients wanted = one.backward(gradOutput)) {
            Errors.assertClose(expected.toDoubles(), y, Errors.FORWARD, "y");
            Errors.assertClose(wanted.input().toDoubles(), dx, Errors.BACKWARD, "dx");
            close(wanted.weight().toDoubles(), dWeight, "dweight");
        }
    }

    private static void close(double[] expected, double[] actual, String what) {
        // Each element has 385 terms of about 1.
        double[] terms = new double[expected.length];
        Arrays.fill(terms, 300);
        Errors.assertCloseToTerms(
                ElementType.FLOAT32, expected, actual, terms, Errors.parameterBound(ElementType.FLOAT32), what);
    }

    private static float[] gathered(ShardedTensor tensor) {
        float[] values = new float[COUNT];
        tensor.gather(FloatBuffer.wrap(values));
        return values;
    }

    @Test
    void whatDoesNotFitIsRejected() {
        float[] values = Values.normal(1, COUNT, 1, 2);
        try (FleetLayer layer = fleet.layer(NormSpec.layerNorm(11, 6, 35));
                FleetLayer groups = fleet.layer(NormSpec.groupNorm(3, 6));
                Fleet other = Fleet.of(backends, Fleet.SameDevice.ALLOWED);
                ShardedTensor x = fleet.scatter(ElementType.FLOAT32, FloatBuffer.wrap(values), SHAPE);
                ShardedTensor foreign = other.scatter(ElementType.FLOAT32, FloatBuffer.wrap(values), SHAPE)) {
            String message = assertThrows(IllegalArgumentException.class, () -> layer.forward(x))
                    .getMessage();
            assertTrue(message.contains("cannot be distributed"), message);
            assertThrows(IllegalArgumentException.class, () -> groups.forward(foreign));
            assertThrows(IllegalStateException.class, () -> groups.backward(x));
            try (ShardedTensor y = groups.forward(x)) {
                fleet.weights(0.2, 0.2, 0.6);
                try (ShardedTensor divided = fleet.scatter(ElementType.FLOAT32, FloatBuffer.wrap(values), SHAPE)) {
                    assertThrows(IllegalArgumentException.class, () -> groups.backward(divided));
                }
                assertEquals(3, y.shards().size());
            }
            x.close();
            assertThrows(IllegalStateException.class, () -> groups.forward(x));
        }
    }
}
