package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.BatchNormSpec;
import io.github.clnorm.ChannelMoments;
import io.github.clnorm.Functional;
import io.github.clnorm.Layer;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Tensor;
import io.github.clnorm.tensorfile.NpyTensor;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.SparkException;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Statistics of a data set in local mode: forms of samples, numbers, bad input, and batch_norm by them. */
class ChannelStatisticsTest {

    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.local();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static Dataset<Row> floatRows(List<float[]> values) {
        return Images.rows(cluster.session(), Images.FLOATS, values);
    }

    private static List<double[]> allDoubles() {
        List<double[]> all = new ArrayList<>();
        for (int i = 0; i < Images.COUNT; i++) {
            all.add(Images.doubles(i));
        }
        return all;
    }

    private static byte[] npy(double[] values, ElementType type, long... shape) {
        ByteBuffer elements = ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.nativeOrder());
        if (type == ElementType.FLOAT32) {
            elements.asFloatBuffer().put(Images.floats(values));
        } else {
            elements.asDoubleBuffer().put(values);
        }
        return NpyTensor.encode(type, elements, shape);
    }

    @Test
    void everyFormOfSamplesHasTheMomentsOfTheLibrary() {
        ChannelMoments floats = Images.moments();
        ChannelMoments doubles = Images.moments(ElementType.FLOAT64, Layout.CHANNELS_FIRST, Images.SHAPE);
        assertEquals(
                floats,
                ClnormSpark.channelStatistics(floatRows(Images.all()), "x", 3).moments());
        Dataset<Row> ofDoubles = Images.rows(cluster.session(), Images.DOUBLES, allDoubles());
        assertEquals(doubles, ClnormSpark.channelStatistics(ofDoubles, "x", 3).moments());
        assertEquals(
                floats,
                ClnormSpark.channelStatistics(
                                ofDoubles, "x", 3, StatisticsOptions.DEFAULTS.elementType(ElementType.FLOAT32))
                        .moments());
        Dataset<Row> vectors = Images.rows(
                cluster.session(),
                SQLDataTypes.VectorType(),
                allDoubles().stream().map(Vectors::dense).toList());
        assertEquals(doubles, ClnormSpark.channelStatistics(vectors, "x", 3).moments());
        Dataset<Row> files = Images.rows(
                cluster.session(),
                DataTypes.BinaryType,
                allDoubles().stream()
                        .map(values -> npy(values, ElementType.FLOAT32, Images.SHAPE))
                        .toList());
        assertEquals(floats, ClnormSpark.channelStatistics(files, "x", 3).moments());
        assertEquals(
                floats,
                ClnormSpark.channelStatistics(cluster.context().parallelize(Images.all(), 2), 3)
                        .moments());
    }

    @Test
    void filesOfSeveralTypesAreComputedInTheirTypes() {
        List<byte[]> files = new ArrayList<>();
        ChannelMoments expected = ChannelMoments.none(3);
        try (Backend backend = Backend.open()) {
            for (int i = 0; i < Images.COUNT; i++) {
                ElementType type = i % 3 == 0 ? ElementType.FLOAT64 : ElementType.FLOAT32;
                files.add(npy(Images.doubles(i), type, Images.SHAPE));
                try (Tensor x = backend.tensor(type, Images.doubles(i), 1, 3, 5, 7)) {
                    expected = Functional.channelMoments(x).plus(expected);
                }
            }
        }
        assertEquals(
                expected,
                ClnormSpark.channelStatistics(Images.rows(cluster.session(), DataTypes.BinaryType, files), "x", 3)
                        .moments());
    }

    @Test
    void partitionsBatchesAndOrderDoNotMatter() {
        ChannelMoments expected = Images.moments();
        for (int partitions : new int[] {1, 3, 7, 40}) {
            List<float[]> shuffled = new ArrayList<>(Images.all());
            Collections.shuffle(shuffled, new Random(partitions));
            Dataset<Row> rows = floatRows(shuffled).repartition(partitions);
            StatisticsOptions options = StatisticsOptions.DEFAULTS
                    .batch(partitions)
                    .batchBytes(partitions == 3 ? 1 : 10_000)
                    .shape(Images.SHAPE);
            ChannelStatistics statistics = ClnormSpark.channelStatistics(rows, "x", 3, options);
            assertEquals(expected, statistics.moments());
            assertArrayEquals(expected.mean(), statistics.mean());
            assertArrayEquals(expected.variance(), statistics.variance());
            assertEquals(Images.COUNT, statistics.report().allSamples());
            assertEquals(
                    4L * Images.COUNT * Images.ELEMENTS, statistics.report().bytes());
        }
    }

    @Test
    void channelsMayBeLast() {
        StatisticsOptions last = StatisticsOptions.DEFAULTS.layout(Layout.CHANNELS_LAST);
        ChannelMoments expected = Images.moments(ElementType.FLOAT32, Layout.CHANNELS_LAST, 35, 3);
        Dataset<Row> rows = floatRows(Images.all());
        assertEquals(expected, ClnormSpark.channelStatistics(rows, "x", 3, last).moments());
        ChannelStatistics statistics = ClnormSpark.channelStatistics(rows, "x", 3, last.shape(5, 7, 3));
        assertEquals(expected, statistics.moments());
        assertEquals(Layout.CHANNELS_LAST, statistics.batchNorm().layout());
    }

    /** Channels with the elements 1, 2, 3, 4 and 0, 0, 10, 10. */
    private static ChannelStatistics small() {
        return ClnormSpark.channelStatistics(
                floatRows(List.of(new float[] {1, 2, 0, 0}, new float[] {3, 4, 10, 10})), "x", 2);
    }

    @Test
    void numbersAreThoseOfTheDefinition() {
        ChannelStatistics statistics = small();
        assertEquals(4, statistics.count());
        assertArrayEquals(new double[] {2.5, 5}, statistics.mean());
        assertArrayEquals(new double[] {1.25, 25}, statistics.variance());
        assertArrayEquals(new double[] {5 / 3.0, 100 / 3.0}, statistics.unbiasedVariance());
    }

    @Test
    void batchNormHasTheStatisticsOfPyTorch() {
        ChannelStatistics statistics = small();
        BatchNormSpec spec = NormSpec.batchNorm(2)
                .runningMean(new float[] {2.5f, 5})
                .runningVar(new float[] {(float) (5 / 3.0), (float) (100 / 3.0)});
        assertEquals(spec.training(false), statistics.batchNorm());
        // 0.75 · old + 0.25 · new
        BatchNormSpec old = spec.momentum(0.25).runningStatistics(new float[] {6.5f, 1}, new float[] {1, 2});
        assertEquals(
                old.runningMean(new float[] {5.5f, 2})
                        .runningVar(new float[] {(float) (0.75 + 5 / 12.0), (float) (1.5 + 25 / 3.0)})
                        .training(false),
                statistics.batchNorm(old));
    }

    @Test
    void theSecondPassNormalizesByTheStatistics() {
        Dataset<Row> rows = floatRows(Images.all());
        NormSpec spec = ClnormSpark.channelStatistics(rows, "x", 3).batchNorm();
        List<Row> normalized = ClnormSpark.normalize(rows, spec)
                .input("x")
                .shape(Images.SHAPE)
                .output("y")
                .normalized()
                .rows()
                .orderBy("id")
                .select("y")
                .collectAsList();
        try (Backend backend = Backend.open();
                Layer layer = spec.on(backend)) {
            for (int i = 0; i < Images.COUNT; i++) {
                try (Tensor x = backend.tensor(Images.floats(i), 1, 3, 5, 7);
                        Tensor y = layer.infer(x)) {
                    List<Float> values = normalized.get(i).getList(0);
                    assertEquals(Arrays.toString(y.toFloats()), values.toString());
                }
            }
        }
    }

    @Test
    void noRowsHaveNoMean() {
        StatisticsOptions shape = StatisticsOptions.DEFAULTS.shape(Images.SHAPE);
        for (ChannelStatistics statistics : List.of(
                ClnormSpark.channelStatistics(floatRows(List.of()), "x", 3),
                ClnormSpark.channelStatistics(floatRows(List.of()), "x", 3, shape),
                ClnormSpark.channelStatistics(cluster.context().emptyRDD(), 3),
                ClnormSpark.channelStatistics(cluster.context().emptyRDD(), 3, shape))) {
            double[] nan = {Double.NaN, Double.NaN, Double.NaN};
            assertEquals(0, statistics.count());
            assertArrayEquals(nan, statistics.mean());
            assertArrayEquals(nan, statistics.variance());
            assertArrayEquals(nan, statistics.unbiasedVariance());
            assertEquals(Map.of(), statistics.report().samples());
            assertEquals(
                    "Expected more than 1 value per channel for running statistics, got 0 values",
                    assertThrows(IllegalArgumentException.class, statistics::batchNorm)
                            .getMessage());
        }
    }

    @Test
    void aNaNIsInTheStatisticsOfItsChannelAlone() {
        float[] values = Images.floats(0);
        values[2 * 35] = Float.NaN;
        List<float[]> all = new ArrayList<>(Images.all());
        all.set(0, values);
        ChannelStatistics statistics = ClnormSpark.channelStatistics(floatRows(all), "x", 3);
        double[] expected = Images.moments().mean();
        expected[2] = Double.NaN;
        assertArrayEquals(expected, statistics.mean());
        assertTrue(Double.isNaN(statistics.variance()[2]));
        assertTrue(assertThrows(IllegalArgumentException.class, statistics::batchNorm)
                .getMessage()
                .contains("channel 2 has the mean NaN"));
    }

    private static String refused(Dataset<Row> rows, String column, long channels, StatisticsOptions options) {
        return assertThrows(
                        IllegalArgumentException.class,
                        () -> ClnormSpark.channelStatistics(rows, column, channels, options))
                .getMessage();
    }

    @Test
    void refusesColumnsAndShapesWithoutTheChannels() {
        StatisticsOptions options = StatisticsOptions.DEFAULTS;
        Dataset<Row> rows = floatRows(Images.all());
        assertEquals("channelStatistics: there is no column y. The columns are id, x", refused(rows, "y", 3, options));
        assertEquals("key: there is no column k. The columns are id, x", refused(rows, "x", 3, options.key("k")));
        assertTrue(refused(rows, "id", 3, options).startsWith("channelStatistics: column id is INT, expected array<"));
        assertEquals(
                "the first row: column x has 105 values, which do not divide into 4 channels: is the number of channels right?",
                refused(rows, "x", 4, options));
        assertEquals(
                "Expected input with 4 channels, but got input of shape [1, 3, 5, 7]",
                refused(rows, "x", 4, options.shape(Images.SHAPE)));
        assertEquals("Expected 1 to 2^31 - 1 channels, got 0", refused(rows, "x", 0, options));
        assertTrue(refused(rows, "x", 3, options.shape(3, 0)).contains("expected dimensions of 1"));
        assertEquals(
                "onBadRow(\"null\") needs shape(…), the shape of one sample: the first row may be the bad one",
                assertThrows(
                                IllegalStateException.class,
                                () -> ClnormSpark.channelStatistics(rows, "x", 3, options.onBadRow("null")))
                        .getMessage());
        float[][] nothing = {null};
        assertEquals(
                "the first row (id = 100): column x is null, so it does not tell the shape of the others: set shape(…),"
                        + " and onBadRow(\"null\") to leave out such rows",
                refused(floatRows(Arrays.asList(nothing)), "X", 3, options.key("ID")));
        byte[][] text = {"text".getBytes(StandardCharsets.UTF_8)};
        assertTrue(refused(
                        Images.rows(cluster.session(), DataTypes.BinaryType, Arrays.asList((Object[]) text)),
                        "x",
                        3,
                        options.key("id"))
                .startsWith("the first row (id = 100): column x is not a .npy file: expected it to begin with"));
        assertTrue(assertThrows(
                        IllegalArgumentException.class,
                        () -> ClnormSpark.channelStatistics(cluster.context().parallelize(Arrays.asList(nothing)), 3))
                .getMessage()
                .startsWith("the first element is null, so it does not tell the shape"));
        assertThrows(IllegalArgumentException.class, () -> options.onBadRow("skip"));
        assertThrows(IllegalArgumentException.class, () -> options.batch(0));
        assertThrows(IllegalArgumentException.class, () -> options.batchBytes(0));
        assertThrows(
                IllegalArgumentException.class,
                () -> ClnormSpark.channelStatistics(
                        cluster.context().parallelize(Images.all()), 3, options.elementType(ElementType.FLOAT64)));
    }

    @Test
    void badRowsFailOrAreLeftOut() {
        List<Object> values = new ArrayList<>(Images.all());
        values.add(null);
        values.add(new float[] {1, 2, 3, 4, 5});
        Dataset<Row> rows =
                Images.rows(cluster.session(), Images.FLOATS, values).coalesce(1);
        StatisticsOptions options = StatisticsOptions.DEFAULTS.key("id");
        String failure = assertThrows(SparkException.class, () -> ClnormSpark.channelStatistics(rows, "x", 3, options))
                .getMessage();
        assertTrue(
                failure.contains(
                        "row 23 of partition 0 (id = 123): column x is null, expected 105 values of shape [3, 35]."
                                + " onBadRow(\"null\") leaves such rows out"),
                failure);
        String length = assertThrows(
                        SparkException.class,
                        () -> ClnormSpark.channelStatistics(rows.filter("x is not null"), "x", 3, options))
                .getMessage();
        assertTrue(
                length.contains("row 23 of partition 0 (id = 124): column x has 5 values, expected 105 values"),
                length);
        ChannelStatistics statistics = ClnormSpark.channelStatistics(
                rows, "x", 3, options.shape(Images.SHAPE).onBadRow("null"));
        assertEquals(Images.moments(), statistics.moments());
        assertEquals(2, statistics.report().invalidRows());
        assertEquals(Images.COUNT, statistics.report().allSamples());
    }
}
