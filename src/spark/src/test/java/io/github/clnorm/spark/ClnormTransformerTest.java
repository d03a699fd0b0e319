package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.NormSpec;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stage of Spark ML: applied, saved and loaded, alone and in a pipeline. */
class ClnormTransformerTest {
    private static final int COUNT = 5;

    private static Cluster cluster;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() {
        cluster = Cluster.local();
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    private static ClnormTransformer stage() {
        return new ClnormTransformer()
                .setSpec(Samples.spec())
                .setShape(6, 5, 7)
                .setInputCol("x")
                .setOutputCol("y");
    }

    private static Dataset<Row> vectors() {
        List<Vector> values = IntStream.range(0, COUNT)
                .mapToObj(i -> Vectors.dense(Samples.sample(i)))
                .toList();
        return Samples.data(cluster.session(), SQLDataTypes.VectorType(), values, 2);
    }

    private static void assertNormalized(Dataset<Row> rows) {
        List<Row> sorted = Samples.sorted(rows);
        assertEquals(COUNT, sorted.size());
        try (Backend backend = Backend.open()) {
            for (int i = 0; i < COUNT; i++) {
                assertArrayEquals(
                        Samples.expected(backend, ElementType.FLOAT64, Samples.sample(i)),
                        sorted.get(i).<Vector>getAs("y").toArray());
            }
        }
    }

    @Test
    void aPipelineThatWasSavedAndLoadedGivesTheSameBits() throws Exception {
        StandardScaler next = new StandardScaler().setInputCol("y").setOutputCol("z");
        PipelineModel model =
                new Pipeline().setStages(new PipelineStage[] {stage(), next}).fit(vectors());
        assertNormalized(model.transform(vectors()));
        String path = folder.resolve("model").toString();
        model.write().save(path);
        PipelineModel loaded = PipelineModel.load(path);
        assertNormalized(loaded.transform(vectors()));
        assertEquals(
                model.transformSchema(vectors().schema()),
                loaded.transformSchema(vectors().schema()));
    }

    @Test
    void everyParameterIsSaved() throws Exception {
        NormSpec spec = NormSpec.batchNorm(6)
                .training(false)
                .runningStatistics(new float[] {1, 2, 3, 4, 5, 6}, new float[] {1, 2, 3, 4, 5, Float.MIN_VALUE})
                .layout(Layout.CHANNELS_LAST)
                .activation(Activation.GELU);
        ClnormTransformer stage = new ClnormTransformer("name")
                .setSpec(spec)
                .setShape(5, 7, 6)
                .setInputCol("x")
                .setOutputCol("y")
                .setOutputForm(SampleForm.FLOAT_ARRAY)
                .setElementType(ElementType.FLOAT32)
                .setBatch(3)
                .setBatchBytes(1 << 20)
                .setOnBadRow("null")
                .setKeyCol("id")
                .setFingerprintCol("by")
                .setRequireSameDevice(true);
        String path = folder.resolve("stage").toString();
        stage.save(path);
        ClnormTransformer loaded = ClnormTransformer.load(path);
        assertEquals("name", loaded.uid());
        assertEquals(12, stage.params().length);
        for (Param<?> param : stage.params()) {
            assertTrue(stage.isSet(param) && loaded.isSet(loaded.getParam(param.name())), param.name());
        }
        assertEquals(spec, loaded.getSpec());
        assertEquals("x", loaded.getInputCol());
        assertEquals("y", loaded.getOutputCol());
        assertEquals(SampleForm.FLOAT_ARRAY, loaded.getOutputForm());
        assertEquals(ElementType.FLOAT32, loaded.getElementType());
        assertArrayEquals(new int[] {5, 7, 6}, loaded.getShape());
        assertEquals(3, loaded.getBatch());
        assertEquals(1 << 20, loaded.getBatchBytes());
        assertEquals("null", loaded.getOnBadRow());
        assertEquals("id", loaded.getKeyCol());
        assertEquals("by", loaded.getFingerprintCol());
        assertTrue(loaded.getRequireSameDevice());
        Dataset<Row> result = loaded.transform(vectors());
        assertArrayEquals(new String[] {"id", "x", "label", "y", "by"}, result.columns());
        assertEquals(
                DataTypes.createArrayType(DataTypes.FloatType, false),
                result.schema().apply("y").dataType());
    }

    @Test
    void theSchemaIsCheckedWithoutData() {
        IllegalArgumentException channels = assertThrows(IllegalArgumentException.class, () -> stage().setShape(4, 5, 7)
                .transformSchema(vectors().schema()));
        assertTrue(channels.getMessage().contains("divisible by num_groups"), channels.getMessage());
        IllegalStateException missing = assertThrows(IllegalStateException.class, () -> new ClnormTransformer("name")
                .transformSchema(vectors().schema()));
        assertEquals("name: parameter spec is missing: the normalization", missing.getMessage());
        assertEquals(
                vectors().schema().add("y", SQLDataTypes.VectorType(), true),
                stage().transformSchema(vectors().schema()));
    }

    @Test
    void nothingButASpecIsDeserialized() {
        ClnormTransformer stage = stage();
        String other = stage.spec().jsonEncode(Samples.spec());
        assertEquals(Samples.spec(), stage.spec().jsonDecode(other));
        // A java.util.ArrayList.
        String list = "\"text rO0ABXNyABNqYXZhLnV0aWwuQXJyYXlMaXN0eIHSHZnHYZ0DAAFJAARzaXpleHAAAAAAdwQAAAAAeA==\"";
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> stage.spec().jsonDecode(list));
        assertEquals("parameter spec is not a spec of this version of clnorm", e.getMessage());
        assertTrue(e.getCause() instanceof java.io.InvalidClassException, String.valueOf(e.getCause()));
    }

    @Test
    void aDamagedSpecIsASentence() {
        ClnormTransformer stage = stage();
        for (String damaged : List.of("\"GroupNorm rO0AB*\"", "\"GroupNorm rO0AB\"", "\"", "")) {
            assertEquals(
                    "parameter spec is not a spec of this version of clnorm",
                    assertThrows(IllegalArgumentException.class, () -> stage.spec()
                                    .jsonDecode(damaged))
                            .getMessage());
        }
    }

    @Test
    void anotherStageIsNotLoaded() throws Exception {
        String path = folder.resolve("assembler").toString();
        new VectorAssembler().setInputCols(new String[] {"x"}).save(path);
        String message = assertThrows(IllegalArgumentException.class, () -> ClnormTransformer.load(path))
                .getMessage();
        assertTrue(
                message.contains("org.apache.spark.ml.feature.VectorAssembler, expected a ClnormTransformer"), message);
    }

    @Test
    void parametersAreCheckedWhenTheyAreSet() {
        ClnormTransformer stage = stage();
        assertThrows(IllegalArgumentException.class, () -> stage.setBatch(0));
        assertThrows(IllegalArgumentException.class, () -> stage.setOnBadRow("skip"));
        assertThrows(IllegalArgumentException.class, () -> stage.setBatchBytes(1L << 31));
        assertEquals(64, stage.getBatch());
        assertEquals(32 << 20, stage.getBatchBytes());
        assertEquals("fail", stage.getOnBadRow());
        assertFalse(stage.getRequireSameDevice());
        assertThrows(NoSuchElementException.class, stage::getKeyCol);
    }
}
