package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.clnorm.Backend;
import io.github.clnorm.Fingerprint;
import io.github.clnorm.tensorfile.NpyTensor;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Data frames and RDDs, with the bits of the library alone. */
class NormalizationTest {
    private static final int COUNT = 23;
    private static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);

    private static Cluster cluster;
    private static List<double[]> expected;
    private static Fingerprint device;

    @BeforeAll
    static void open() {
        expected = Samples.expected(COUNT);
        try (Backend backend = Backend.open()) {
            device = backend.fingerprint();
        }
        cluster = Cluster.local();
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    private static Dataset<Row> data(int partitions) {
        return Samples.floatRows(cluster.session(), COUNT, partitions);
    }

    static void assertBits(List<double[]> expected, List<double[]> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), "sample " + i);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7, 40})
    void resultsHaveTheBitsOfTheLibraryForAnyNumberOfPartitions(int partitions) {
        NormalizedRows result = Samples.normalize(data(partitions)).normalized();
        assertBits(expected, Samples.results(result.rows(), "y"));
        assertEquals(Map.of(device, (long) COUNT), result.report().samples());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 64})
    void resultsDoNotDependOnTheBatch(int batch) {
        NormalizedRows result = Samples.normalize(data(2)).batch(batch).normalized();
        assertBits(expected, Samples.results(result.rows(), "y"));
    }

    @Test
    void aBatchIsLimitedByItsBytes() {
        NormalizedRows result =
                Samples.normalize(data(1)).batchBytes(Samples.ELEMENTS * 4 * 3).normalized();
        assertBits(expected, Samples.results(result.rows(), "y"));
        assertEquals(COUNT * Samples.ELEMENTS * 4L, result.report().bytes());
    }

    @Test
    void otherColumnsStayAndTheResultIsTheLast() {
        Dataset<Row> rows = Samples.normalize(data(3)).normalized().rows();
        assertArrayEquals(new String[] {"id", "x", "label", "y"}, rows.columns());
        for (Row row : rows.collectAsList()) {
            int id = row.getInt(0);
            assertEquals("label " + id, row.getString(2));
            assertArrayEquals(Samples.floats(Samples.sample(id)), Samples.floats(Samples.doubles(row, "x")));
        }
    }

    @Test
    void theInputCanBeReplaced() {
        Dataset<Row> rows = Samples.normalize(data(3))
                .output("x")
                .fingerprint("by")
                .normalized()
                .rows();
        assertArrayEquals(new String[] {"id", "x", "label", "by"}, rows.columns());
        assertBits(expected, Samples.results(rows, "x"));
        assertEquals(
                List.of(device.toString()),
                rows.select("by").distinct().collectAsList().stream()
                        .map(row -> row.getString(0))
                        .toList());
        assertEquals("label 4", rows.where("id = 4").first().getString(2));
    }

    @Test
    void aColumnOfTheFingerprintsNameIsReplaced() {
        Dataset<Row> rows =
                Samples.normalize(data(2)).fingerprint("label").normalized().rows();
        assertArrayEquals(new String[] {"id", "x", "label", "y"}, rows.columns());
        assertEquals(device.toString(), rows.first().getString(2));
        assertBits(expected, Samples.results(rows, "y"));
    }

    private static List<double[]> expectedDoubles() {
        try (Backend backend = Backend.open()) {
            return IntStream.range(0, COUNT)
                    .mapToObj(i -> Samples.expected(backend, ElementType.FLOAT64, Samples.sample(i)))
                    .toList();
        }
    }

    @Test
    void arraysOfDoublesAreComputedInFloat64() {
        List<double[]> values =
                IntStream.range(0, COUNT).mapToObj(Samples::sample).toList();
        Dataset<Row> data = Samples.data(cluster.session(), DataTypes.createArrayType(DataTypes.DoubleType), values, 3);
        assertBits(
                expectedDoubles(),
                Samples.results(Samples.normalize(data).normalized().rows(), "y"));
        Dataset<Row> single = Samples.normalize(data)
                .elementType(ElementType.FLOAT32)
                .normalized()
                .rows();
        assertBits(expected, Samples.results(single, "y"));
        assertEquals(
                DataTypes.createArrayType(DataTypes.DoubleType, false),
                single.schema().apply("y").dataType());
    }

    @Test
    void vectorsStayVectorsAndSparseOnesAreRead() {
        List<Vector> vectors = new ArrayList<>();
        List<double[]> results = new ArrayList<>();
        try (Backend backend = Backend.open()) {
            for (int i = 0; i < COUNT; i++) {
                double[] sample = Samples.sample(i);
                if (i % 2 == 1) {
                    Arrays.fill(sample, 3, 150, 0);
                }
                vectors.add(i % 2 == 1 ? Vectors.dense(sample).toSparse() : Vectors.dense(sample));
                results.add(Samples.expected(backend, ElementType.FLOAT64, sample));
            }
        }
        Dataset<Row> rows = Samples.normalize(Samples.data(cluster.session(), SQLDataTypes.VectorType(), vectors, 3))
                .normalized()
                .rows();
        assertBits(
                results,
                Samples.sorted(rows).stream()
                        .map(row -> row.<Vector>getAs("y").toArray())
                        .toList());
    }

    private static byte[] npy(ElementType type, double... values) {
        ByteBuffer elements = ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.nativeOrder());
        Codec.encode(type, values, 0, elements);
        return NpyTensor.encode(type, elements, Samples.SHAPE);
    }

    private static double[] values(byte[] bytes, ElementType type) {
        NpyTensor npy = NpyTensor.of(bytes);
        assertEquals(type, npy.type());
        assertArrayEquals(Samples.SHAPE, npy.shape());
        ByteBuffer elements =
                ByteBuffer.allocate(Samples.ELEMENTS * type.bytes()).order(ByteOrder.nativeOrder());
        npy.read(elements);
        double[] values = new double[Samples.ELEMENTS];
        Codec.decode(type, elements.flip(), values, 0);
        return values;
    }

    @Test
    void npyBytesKeepTheirTypeAlsoIfTypesAlternate() {
        ElementType[] types = {ElementType.FLOAT32, ElementType.FLOAT64, ElementType.FLOAT16};
        List<byte[]> files = new ArrayList<>();
        List<double[]> results = new ArrayList<>();
        try (Backend backend = Backend.open()) {
            for (int i = 0; i < COUNT; i++) {
                ElementType type = types[i / 2 % 3];
                files.add(npy(type, Samples.sample(i)));
                results.add(Samples.expected(backend, type, Samples.sample(i)));
            }
        }
        Dataset<Row> rows = Samples.normalize(Samples.data(cluster.session(), DataTypes.BinaryType, files, 1))
                .normalized()
                .rows();
        List<Row> sorted = Samples.sorted(rows);
        for (int i = 0; i < COUNT; i++) {
            assertArrayEquals(results.get(i), values(sorted.get(i).getAs("y"), types[i / 2 % 3]), "sample " + i);
        }
    }

    @ParameterizedTest
    @EnumSource(SampleForm.class)
    void theFormOfTheOutputCanBeChosen(SampleForm form) {
        Dataset<Row> rows =
                Samples.normalize(data(2)).outputForm(form).normalized().rows();
        List<double[]> results = Samples.sorted(rows).stream()
                .map(row -> switch (form) {
                    case NPY -> values(row.getAs("y"), ElementType.FLOAT32);
                    case VECTOR -> row.<Vector>getAs("y").toArray();
                    default -> Samples.doubles(row, "y");
                })
                .toList();
        assertBits(expected, results);
    }

    @Test
    void anRddHasTheSameBits() {
        List<float[]> samples = IntStream.range(0, COUNT)
                .mapToObj(i -> Samples.floats(Samples.sample(i)))
                .toList();
        for (int partitions : new int[] {1, 3, 7}) {
            NormalizedSamples result = ClnormSpark.normalize(
                            cluster.context().parallelize(samples, partitions), Samples.spec())
                    .shape(Samples.SHAPE)
                    .normalized();
            List<float[]> results = result.samples().collect();
            assertEquals(COUNT, results.size());
            for (int i = 0; i < COUNT; i++) {
                assertArrayEquals(Samples.floats(expected.get(i)), results.get(i), "sample " + i);
            }
            assertEquals(Map.of(device, (long) COUNT), result.report().samples());
        }
    }

    @Test
    void nothingIsComputedForNothing() {
        Dataset<Row> none = data(3).where("id < 0");
        NormalizedRows result = Samples.normalize(none).normalized();
        assertEquals(0, result.rows().count());
        assertEquals(new NormalizationReport(Map.of(), 0, 0, 0, 0), result.report());
        assertEquals(
                List.of(),
                ClnormSpark.normalize(cluster.context().<float[]>parallelize(List.of(), 2), Samples.spec())
                        .shape(Samples.SHAPE)
                        .normalized()
                        .samples()
                        .collect());
    }

    @Test
    void samplesCountOnceForSeveralActions() {
        NormalizedRows result = Samples.normalize(data(5)).normalized();
        Dataset<Row> rows = result.rows();
        assertEquals(COUNT, rows.select("y").where("y is not null").count());
        assertEquals(
                2 * COUNT, rows.union(rows).coalesce(1).where("y is not null").count());
        assertEquals(Map.of(device, (long) COUNT), result.report().samples());
        assertEquals(3L * COUNT * Samples.ELEMENTS * 4, result.report().bytes());
    }

    @Test
    void theDataIsPlannedWhenAnActionNeedsIt() {
        Jobs jobs = new Jobs(cluster.context());
        // Adaptive execution runs the shuffle of a sort when its plan is executed.
        Dataset<Row> sorted = data(3).orderBy(functions.col("id").desc());
        NormalizedRows result = Samples.normalize(sorted).requireSameDevice().normalized();
        result.rows().schema();
        assertEquals(List.of(), jobs.descriptions());
        assertBits(expected, Samples.results(result.rows(), "y"));
    }

    @Test
    void invalidRowsBecomeNullAndAreCounted() {
        List<Object> values = new ArrayList<>(IntStream.range(0, COUNT)
                .mapToObj(i -> (Object) Samples.floats(Samples.sample(i)))
                .toList());
        values.set(0, null);
        values.set(5, new float[3]);
        Float[] withNull = new Float[Samples.ELEMENTS];
        Arrays.fill(withNull, 1f);
        withNull[100] = null;
        values.set(6, withNull);
        NormalizedRows result = Samples.normalize(Samples.data(cluster.session(), FLOATS, values, 2))
                .onBadRow("null")
                .fingerprint("by")
                .normalized();
        List<double[]> results = Samples.results(result.rows(), "y");
        for (int i = 0; i < COUNT; i++) {
            if (i == 0 || i == 5 || i == 6) {
                assertNull(results.get(i));
            } else {
                assertArrayEquals(expected.get(i), results.get(i), "sample " + i);
            }
        }
        assertEquals(3, result.report().invalidRows());
        assertEquals(COUNT - 3, result.report().allSamples());
        assertEquals(3, result.rows().where("by is null").count());
    }
}
