package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Moments of channels: what they are, how they add up, and how they are stored. */
@Tag("device")
@SuppressWarnings("try")
class ChannelMomentsTest {

    private static final MathContext DIGITS = new MathContext(60);

    private static long[] shape(Layout layout, long samples, long channels, long positions) {
        return layout == Layout.CHANNELS_FIRST
                ? new long[] {samples, channels, positions}
                : new long[] {samples, positions, channels};
    }

    private static List<ElementType> types(Backend backend) {
        return Arrays.stream(ElementType.values())
                .filter(type -> type != ElementType.FLOAT64 || backend.device().fp64())
                .toList();
    }

    private static ChannelMoments moments(
            Backend backend, ElementType type, Layout layout, long[] shape, double... values) {
        try (Tensor x = backend.tensor(type, values, shape)) {
            return Functional.channelMoments(x, Options.DEFAULTS.layout(layout));
        }
    }

    @OnEveryDevice
    void setsOfOneElementHaveTheMomentsThatTheDeviceComputes(Backend backend) {
        for (ElementType type : types(backend)) {
            double[] usual = Values.normal(type, 4, 12, 1, 3);
            double[] extreme = usual.clone();
            extreme[3] = Double.POSITIVE_INFINITY;
            extreme[4] = Double.NaN;
            extreme[8] = Float.MIN_VALUE;
            double[] zeros = new double[12];
            zeros[1] = -0.0;
            for (double[] values : new double[][] {usual, extreme, zeros}) {
                try (Tensor x = backend.tensor(type, values, 4, 3);
                        Tensor zero = backend.tensor(type, new double[12], 4, 3)) {
                    // With a residual the device computes.
                    assertEquals(
                            Functional.channelMoments(x, Options.DEFAULTS.residual(zero)),
                            Functional.channelMoments(x),
                            type + " " + Arrays.toString(values));
                }
            }
        }
    }

    @Test
    void samplesAddUpToTheirBatchWhateverTheirMagnitudes() {
        double[][] all = {
            {1, 0.1f, -3, 1e-30f, 1e30f, 0, -0.0, 7},
            {Double.NaN, 1, 2, 3, Double.POSITIVE_INFINITY, 4, 5, 1e-3f},
            {Double.MIN_VALUE, -Double.MIN_VALUE, 0, 0, 1e300, 1e-300, Math.PI, -Math.E},
            {0, 0, 0, 0, 0, 0, 0, 0}
        };
        for (double[] mean : all) {
            double[] low = new double[8];
            low[6] = 0x1p-60;
            low[7] = 0x1p-100;
            double[] variance = new double[8];
            for (int i = 0; i < 8; i++) {
                variance[i] = Math.abs(mean[7 - i]);
            }
            ChannelMoments sum = ChannelMoments.none(2);
            for (int i = 0; i < 8; i += 2) {
                sum = sum.plus(ChannelMoments.of(
                        2,
                        3,
                        Arrays.copyOfRange(mean, i, i + 2),
                        Arrays.copyOfRange(low, i, i + 2),
                        Arrays.copyOfRange(variance, i, i + 2)));
            }
            ChannelMoments batch = ChannelMoments.of(2, 3, mean, low, variance);
            assertEquals(sum, batch);
            assertArrayEquals(sum.toBytes(), batch.toBytes());
        }
    }

    @OnEveryDevice
    void momentsOfABatchAreTheSumOfThoseOfItsSamples(Backend backend) {
        int samples = 7;
        for (ElementType type : types(backend)) {
            for (Layout layout : Layout.values()) {
                for (int[] size : new int[][] {{3, 5}, {4, 1}, {1, 33}, {5, 2100}}) {
                    int ofSample = size[0] * size[1];
                    double[] x = Values.normal(type, 3, samples * ofSample, 5, 2);
                    ChannelMoments batch = moments(backend, type, layout, shape(layout, samples, size[0], size[1]), x);
                    for (int parts : new int[] {1, 3, 7}) {
                        List<ChannelMoments> all = new ArrayList<>();
                        for (int part = 0; part < parts; part++) {
                            int from = part * samples / parts;
                            int to = (part + 1) * samples / parts;
                            all.add(moments(
                                    backend,
                                    type,
                                    layout,
                                    shape(layout, to - from, size[0], size[1]),
                                    Arrays.copyOfRange(x, from * ofSample, to * ofSample)));
                        }
                        Collections.shuffle(all, new Random(parts));
                        ChannelMoments sum = all.stream().reduce(ChannelMoments.none(size[0]), ChannelMoments::plus);
                        String what = type + " " + layout + " " + Arrays.toString(size) + " in " + parts;
                        assertEquals(batch, sum, what);
                        assertArrayEquals(batch.toBytes(), sum.toBytes(), what);
                        assertEquals((long) samples * size[1], sum.count(), what);
                    }
                }
            }
        }
    }

    /** The moments are those of instance_norm, and mean and variance are their exact sums, rounded once. */
    @OnEveryDevice
    void meanAndVarianceAreThoseOfInstanceNormAddedExactly(Backend backend) {
        int samples = 5;
        int channels = 3;
        int positions = 300;
        for (ElementType type : types(backend)) {
            for (Layout layout : Layout.values()) {
                double[] x = Values.normal(type, 8, samples * channels * positions, 100, 3);
                long[] shape = shape(layout, samples, channels, positions);
                ChannelMoments moments = moments(backend, type, layout, shape, x);
                double[] mean = moments.mean();
                double[] variance = moments.variance();
                try (Tensor input = backend.tensor(type, x, shape);
                        Normalized sets = Functional.instanceNorm(
                                input, null, null, null, null, true, 0.1, 1e-5, Options.DEFAULTS.layout(layout))) {
                    double[] hi = sets.mean().toDoubles();
                    double[] lo = sets.meanLo().toDoubles();
                    for (int c = 0; c < channels; c++) {
                        BigDecimal sum = BigDecimal.ZERO;
                        for (int n = 0; n < samples; n++) {
                            sum = sum.add(new BigDecimal(hi[n * channels + c]))
                                    .add(new BigDecimal(lo[n * channels + c]));
                        }
                        assertEquals(sum.divide(new BigDecimal(samples), DIGITS).doubleValue(), mean[c]);
                    }
                }
                Reference.Moments expected =
                        Reference.batchNorm(shape, layout.channelAxis(3)).moments(i -> x[i]);
                double bound = type == ElementType.FLOAT64 ? 1e-13 : 1e-6;
                for (int c = 0; c < channels; c++) {
                    assertEquals(expected.mean()[c], mean[c], bound * Math.sqrt(expected.variance()[c]));
                    assertEquals(expected.variance()[c], variance[c], bound * expected.variance()[c]);
                }
            }
        }
    }

    @Test
    void varianceIsExactAtALargeMean() {
        // Two sets of the means 2^24 and 2^24 + 2: the formula of squares alone would lose all digits of a float.
        ChannelMoments moments = ChannelMoments.of(
                1, 10, new double[] {0x1p24, 0x1p24}, new double[] {0, 2 + 0x1p-20}, new double[] {0.25, 0.75});
        BigDecimal half = new BigDecimal(2 + 0x1p-20).divide(BigDecimal.valueOf(2));
        assertEquals(
                half.multiply(half).add(new BigDecimal("0.5")).doubleValue(), moments.variance()[0], "in one rounding");
        assertEquals(0x1p24 + 1 + 0x1p-21, moments.mean()[0]);
        assertEquals(20, moments.count());
        assertArrayEquals(new double[] {1 + 0x1p-21}, moments.meanMinus(0x1p24));
    }

    @Test
    void hugeCountsAndExtremeValuesAreExact() {
        long many = 1L << 40;
        double[] mean = {Double.MAX_VALUE, -Double.MAX_VALUE, Double.MIN_VALUE};
        ChannelMoments moments =
                ChannelMoments.of(1, many, mean, new double[] {0x1p900, 0, 0}, new double[] {1e300, 0, 1e-300});
        BigDecimal sum = new BigDecimal(0x1p900).add(new BigDecimal(Double.MIN_VALUE));
        BigDecimal three = new BigDecimal(3);
        assertEquals(sum.divide(three, DIGITS).doubleValue(), moments.mean()[0]);
        assertEquals(3 * many, moments.count());
        assertEquals(Double.POSITIVE_INFINITY, moments.variance()[0], "2/3 of the largest double, squared");
        ChannelMoments small = ChannelMoments.of(
                1, many, new double[] {0x1p-540, -0x1p-540}, new double[2], new double[] {Double.MIN_VALUE, 0});
        assertEquals(0x1p-1074, small.variance()[0], "half the smallest double, and a little more");
    }

    @Test
    void whatIsNotFiniteStaysInItsChannel() {
        double inf = Double.POSITIVE_INFINITY;
        ChannelMoments moments = ChannelMoments.of(
                4,
                2,
                new double[] {1, inf, Double.NaN, 1, 3, -inf, 1, 1},
                new double[] {0, Double.NaN, 0, 0, 0, 0, 0, 0},
                new double[] {0, Double.NaN, 1, inf, 0, 1, 1, 1});
        assertArrayEquals(new double[] {2, Double.NaN, Double.NaN, 1}, moments.mean());
        assertArrayEquals(new double[] {1, Double.NaN, Double.NaN, inf}, moments.variance());
        assertEquals(moments, ChannelMoments.fromBytes(moments.toBytes()));
    }

    @OnEveryDevice
    void aResidualIsPartOfTheInput(Backend backend) {
        double[] x = Values.normal(ElementType.FLOAT32, 1, 60, 1, 2);
        double[] sum = Arrays.stream(x).map(value -> (float) (2 * value)).toArray();
        try (Tensor input = backend.tensor(ElementType.FLOAT32, x, 2, 3, 10)) {
            assertEquals(
                    moments(backend, ElementType.FLOAT32, Layout.CHANNELS_FIRST, new long[] {2, 3, 10}, sum),
                    Functional.channelMoments(input, Options.DEFAULTS.residual(input)));
        }
    }

    @OnEveryDevice
    void emptyBatchesAndSetsOfOneElementHaveMoments(Backend backend) {
        for (long[] shape : new long[][] {{0, 3}, {0, 3, 4}, {2, 3, 0}}) {
            try (Tensor x = backend.empty(shape)) {
                assertEquals(ChannelMoments.none(3), Functional.channelMoments(x));
            }
        }
        try (Tensor x = backend.tensor(new float[] {1, 2, 5, 6}, 2, 2);
                Tensor none = backend.empty(4, 0)) {
            ChannelMoments moments = Functional.channelMoments(x);
            assertArrayEquals(new double[] {3, 4}, moments.mean());
            assertArrayEquals(new double[] {4, 4}, moments.variance());
            assertEquals(2, moments.count());
            assertEquals("ChannelMoments(2 channels, 2 elements each)", moments.toString());
            assertEquals(ChannelMoments.none(0), Functional.channelMoments(none));
        }
        ChannelMoments none = ChannelMoments.none(2);
        assertArrayEquals(new double[] {Double.NaN, Double.NaN}, none.mean());
        assertArrayEquals(new double[] {Double.NaN, Double.NaN}, none.variance());
        assertEquals(0, none.count());
        assertEquals(2, none.channels());
        assertNotEquals(none, ChannelMoments.none(3));
    }

    @Test
    void wrongArgumentsAreRejected() {
        Backend backend = TestDevices.first();
        assertEquals(
                "Expected sums of 2 channels, got 3",
                assertThrows(IllegalArgumentException.class, () -> ChannelMoments.none(2)
                                .plus(ChannelMoments.none(3)))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> ChannelMoments.none(-1));
        assertThrows(IllegalArgumentException.class, () -> ChannelMoments.none(1L << 31));
        try (Tensor x = backend.tensor(new float[] {1, 2}, 2);
                Tensor pair = backend.tensor(new float[] {1, 2}, 1, 2)) {
            assertThrows(IllegalArgumentException.class, () -> Functional.channelMoments(x));
            for (Options options : List.of(
                    Options.DEFAULTS.activation(Activation.RELU),
                    Options.DEFAULTS.output(pair),
                    Options.DEFAULTS.residual(x))) {
                assertThrows(IllegalArgumentException.class, () -> Functional.channelMoments(pair, options));
            }
            pair.close();
            assertThrows(IllegalStateException.class, () -> Functional.channelMoments(pair));
        }
        assertThrows(NullPointerException.class, () -> Functional.channelMoments(null));
        assertThrows(NullPointerException.class, () -> ChannelMoments.fromBytes(null));
    }

    private static byte[] serialized(Object value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        return bytes.toByteArray();
    }

    private static Object read(byte... bytes) throws IOException, ClassNotFoundException {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return in.readObject();
        }
    }

    @Test
    void serializationIsCompactAndRestoresAnEqualValue() throws IOException, ClassNotFoundException {
        ChannelMoments moments = ChannelMoments.of(
                100,
                49,
                Values.normal(ElementType.FLOAT32, 1, 700, 0, 1),
                new double[700],
                Values.normal(ElementType.FLOAT32, 2, 700, 10, 1));
        byte[] bytes = serialized(moments);
        ChannelMoments restored = (ChannelMoments) read(bytes);
        assertEquals(moments, restored);
        assertEquals(moments.hashCode(), restored.hashCode());
        assertArrayEquals(moments.mean(), restored.mean());
        assertTrue(bytes.length < 100 * 64 + 300, bytes.length + " bytes");
        ChannelGradients gradients =
                ChannelGradients.of(3, 4, 1, new double[] {1, 2, 3, 4, 5, 6}, new double[] {1, 0, 0, 1e-30, 1e30, 0});
        assertEquals(gradients, read(serialized(gradients)));
    }

    @Test
    void serializedFormsThatWereChangedAreRejected() throws IOException {
        byte[] bytes = serialized(ChannelMoments.of(1, 9, new double[] {1.5}, new double[1], new double[] {3}));
        // The last bytes are those of the sums, behind their length.
        int sums = ChannelMoments.of(1, 9, new double[] {1.5}, new double[1], new double[] {3})
                .toBytes()
                .length;
        for (int i = bytes.length - sums - 4; i < bytes.length - 1; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 0x40;
            assertThrows(IOException.class, () -> read(changed), "byte " + i);
        }
        byte[] changed = bytes.clone();
        changed[bytes.length - 10] ^= 1;
        assertTrue(assertThrows(InvalidObjectException.class, () -> read(changed))
                .getMessage()
                .contains("checksum"));
        assertThrows(IOException.class, () -> read(Arrays.copyOf(bytes, bytes.length - 7)));
        byte[] gradients = ChannelGradients.none(1).toBytes();
        assertTrue(assertThrows(IllegalArgumentException.class, () -> ChannelMoments.fromBytes(gradients))
                .getMessage()
                .contains("another kind"));
    }
}
