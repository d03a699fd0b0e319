package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Fingerprint;
import io.github.clnorm.Layer;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What does not fit, with messages that say what to do. */
class RefusalTest {
    private static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);

    private static Cluster cluster;

    @BeforeAll
    static void open() {
        cluster = Cluster.local();
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    private static Dataset<Row> data() {
        return Samples.floatRows(cluster.session(), 2, 1);
    }

    private static RowNormalization shaped(NormSpec spec, long... shape) {
        return ClnormSpark.normalize(data(), spec).input("x").output("y").shape(shape);
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
    }

    private static void refusedWith(String part, Executable call) {
        String message = assertThrows(RuntimeException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void whatDoesNotFitIsRefusedBeforeAJob() {
        Jobs jobs = new Jobs(cluster.context());
        refusedWith("channels", () -> shaped(NormSpec.groupNorm(2, 4), 6, 5, 7).normalized());
        refusedWith(
                "normalized_shape", () -> shaped(NormSpec.layerNorm(8), 6, 5, 7).normalized());
        refusedWith(
                "Expected input with 5 channels",
                () -> shaped(NormSpec.batchNorm(5).training(false), 6, 5, 7).normalized());
        refusedWith("ClnormSpark.channelStatistics", () -> shaped(NormSpec.batchNorm(6), 6, 5, 7)
                .normalized());
        // With one value a channel, a batch of one sample would have no variance.
        refusedWith("ClnormSpark.channelStatistics", () -> shaped(NormSpec.batchNorm(8), 8)
                .normalized());
        refused(
                "shape [6, 0]: expected dimensions of 1 or more, since a sample without elements has no statistics",
                () -> shaped(Samples.spec(), 6, 0).normalized());
        refusedWith("the most that a row holds", () -> shaped(NormSpec.layerNorm(5), 1L << 40, 1L << 40, 5)
                .normalized());
        refused(
                "input: there is no column z. The columns are id, x, label",
                () -> shaped(Samples.spec(), Samples.SHAPE).input("z").normalized());
        refused(
                "key: there is no column z. The columns are id, x, label",
                () -> shaped(Samples.spec(), Samples.SHAPE).key("z").normalized());
        refusedWith(
                "input: column label is STRING, expected array<float>, array<double>, a vector of Spark ML, or binary",
                () -> shaped(Samples.spec(), Samples.SHAPE).input("label").normalized());
        refused(
                "output and fingerprint are both column y",
                () -> shaped(Samples.spec(), Samples.SHAPE).fingerprint("y").normalized());
        refused("batch(0): expected 1 or more samples", () -> shaped(Samples.spec())
                .batch(0));
        refusedWith("batchBytes(0): expected 1 to", () -> shaped(Samples.spec()).batchBytes(0));
        refused("onBadRow: expected fail or null, got 'skip'", () -> shaped(Samples.spec())
                .onBadRow("skip"));
        refusedWith("input(column) is missing", () -> ClnormSpark.normalize(data(), Samples.spec())
                .normalized());
        refusedWith("shape(…) is missing", () -> ClnormSpark.normalize(data(), Samples.spec())
                .input("x")
                .output("y")
                .normalized());
        refusedWith("writeStream().foreachBatch", () -> ClnormSpark.normalize(
                        cluster.session().readStream().format("rate").load(), Samples.spec())
                .normalized());
        assertEquals(List.of(), jobs.descriptions());
    }

    private static void namesTheNull(String argument, Executable call) {
        assertEquals(argument, assertThrows(NullPointerException.class, call).getMessage());
    }

    @Test
    void nullIsRefusedWithTheNameOfTheArgument() {
        JavaRDD<float[]> rdd = cluster.context().parallelize(List.of(new float[1]));
        namesTheNull("onBadRow", () -> shaped(Samples.spec()).onBadRow(null));
        namesTheNull("onBadRow", () -> StatisticsOptions.DEFAULTS.onBadRow(null));
        namesTheNull("options", () -> ClnormSpark.channelStatistics(rdd, 1, null));
        namesTheNull("options", () -> ClnormSpark.channelStatistics(data(), "x", 1, null));
        namesTheNull("rdd", () -> ClnormSpark.mapPartitionsTogether(null, (rows, exchange) -> rows));
        namesTheNull("timeout", () -> ClnormSpark.mapPartitionsTogether(rdd, null, (rows, exchange) -> rows));
    }

    private static void failsWith(String part, Executable action) {
        String message = assertThrows(SparkException.class, action).getMessage();
        assertTrue(message.contains(part), message);
    }

    private static Dataset<Row> of(Object bad, DataType type) {
        return Samples.data(cluster.session(), type, Arrays.asList(bad), 1);
    }

    @Test
    void anInvalidRowFailsTheJobWithItsKeyAndBothLengths() {
        failsWith(
                "row 0 of partition 0 (id = 0): column x has 3 values, expected 210 values of shape [6, 5, 7]. "
                        + "onBadRow(\"null\") gives such rows a null instead",
                () -> Samples.normalize(of(new float[3], FLOATS))
                        .key("id")
                        .normalized()
                        .rows()
                        .collectAsList());
        failsWith(
                "row 0 of partition 0: column x is null, expected 210 values",
                () -> Samples.normalize(of(null, FLOATS)).normalized().rows().collectAsList());
        Float[] withNull = new Float[Samples.ELEMENTS];
        Arrays.fill(withNull, 1f);
        withNull[17] = null;
        failsWith("(label = label 0): column x has a null at index 17 of 210", () -> Samples.normalize(
                        of(withNull, FLOATS))
                .key("label")
                .normalized()
                .rows()
                .collectAsList());
        failsWith("column x is not a .npy file: expected it to begin with", () -> Samples.normalize(
                        of("text".getBytes(StandardCharsets.UTF_8), DataTypes.BinaryType))
                .normalized()
                .rows()
                .collectAsList());
        List<float[]> samples = new ArrayList<>(List.of(new float[1]));
        failsWith("element 0 of partition 0 has 1 value, expected 210 values", () -> ClnormSpark.normalize(
                        cluster.context().parallelize(samples, 1), Samples.spec())
                .shape(Samples.SHAPE)
                .normalized()
                .samples()
                .collect());
    }

    @Test
    void anotherDeviceThanTheRequiredOneFailsTheJob() {
        Fingerprint other = new Fingerprint("Other GPU", "Other platform", "1.0", "0123456789abcdef");
        try (Backend backend = Backend.open()) {
            failsWith(
                    "has " + backend.fingerprint() + ", expected " + other + ", which requireDevice(…) names",
                    () -> Samples.normalize(data())
                            .requireDevice(other)
                            .normalized()
                            .rows()
                            .collectAsList());
        }
    }

    private static String notSerializable(Executable closure) {
        SparkException e = assertThrows(SparkException.class, closure);
        assertEquals("Task not serializable", e.getMessage());
        return e.getCause().getMessage();
    }

    @Test
    void aCapturedLayerIsRefusedWithASentenceThatSaysWhatToUse() {
        try (Backend backend = Backend.open();
                Layer layer = Samples.spec().on(backend);
                Tensor x = backend.tensor(new float[Samples.ELEMENTS], 1, 6, 5, 7)) {
            var numbers = cluster.context().parallelize(List.of(1, 2), 2);
            String ofLayer = notSerializable(
                    () -> numbers.map(number -> layer.infer(x).elements()).count());
            assertTrue(ofLayer.contains("belongs to an open device of this process"), ofLayer);
            assertTrue(ofLayer.contains("ClnormSpark.normalize(data, spec)"), ofLayer);
            String ofBackend = notSerializable(
                    () -> numbers.map(number -> backend.device().name()).count());
            assertTrue(ofBackend.contains("Send a NormSpec, and open a backend where the work is done"), ofBackend);
            String ofTensor =
                    notSerializable(() -> numbers.map(number -> x.elements()).count());
            assertTrue(ofTensor.contains("Send its values"), ofTensor);
        }
    }

    @Test
    void aCapturedSpecTravels() {
        NormSpec spec = Samples.spec();
        assertEquals(
                List.of(spec),
                cluster.context().parallelize(List.of(1), 1).map(number -> spec).collect());
    }

    private static String keyInMessage(Column key) {
        Dataset<Row> rows = of(null, FLOATS).withColumn("id", key);
        String message = assertThrows(SparkException.class, () -> Samples.normalize(rows)
                        .key("id")
                        .normalized()
                        .rows()
                        .collectAsList())
                .getMessage();
        int start = message.indexOf("(id = ") + "(id = ".length();
        return message.substring(start, message.indexOf("): column x is null", start));
    }

    @Test
    void keysOfAnyTypeAreReadable() {
        assertEquals("2020-01-01", keyInMessage(functions.expr("date '2020-01-01'")));
        assertEquals("2020-01-01 12:34:56", keyInMessage(functions.expr("timestamp '2020-01-01 12:34:56'")));
        assertEquals("{1, text}", keyInMessage(functions.expr("struct(1, 'text')")));
        assertEquals("[1, 2]", keyInMessage(functions.expr("array(1, 2)")));
        assertEquals("[01 FF]", keyInMessage(functions.expr("X'01FF'")));
        assertEquals("1.50", keyInMessage(functions.expr("cast(1.5 as decimal(4, 2))")));
        assertEquals("text", keyInMessage(functions.lit("text")));
        assertEquals("NULL", keyInMessage(functions.expr("cast(null as int)")));
    }

    @Test
    void aNameOfSeveralColumnsIsAmbiguous() {
        Dataset<Row> twice = data().select("id", "x", "x");
        refused(
                "input: column x is ambiguous, the data has 2 columns of this name, ignoring case"
                        + " (spark.sql.caseSensitive). Rename or drop all but one. The columns are id, x, x",
                () -> Samples.normalize(twice).normalized());
        Dataset<Row> keys = data().selectExpr("id", "x", "label as ID");
        refusedWith(
                "key: column id is ambiguous",
                () -> Samples.normalize(keys).key("id").normalized());
        refusedWith(
                "output: column Id is ambiguous",
                () -> Samples.normalize(keys).output("Id").normalized());
        refusedWith(
                "output and fingerprint are both column y",
                () -> Samples.normalize(data()).fingerprint("Y").normalized());
    }
}
