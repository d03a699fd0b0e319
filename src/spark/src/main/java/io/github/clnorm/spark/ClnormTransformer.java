package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import java.util.Arrays;
import java.util.function.Consumer;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * A stage of a pipeline of Spark ML that normalizes the samples of a column. {@link ClnormSpark#normalize(Dataset, NormSpec)}
 * documents columns and behaviour; {@code normalize(data)} of this class also gives the report.
 *
 * <pre>{@code
 * Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {
 *     new ClnormTransformer().setSpec(NormSpec.layerNorm(128)).setShape(128).setInputCol("features").setOutputCol("normalized")
 * });
 * }</pre>
 *
 * <p>Not thread-safe while parameters are set.
 *
 * @serial exclude
 */
public final class ClnormTransformer extends Transformer implements DefaultParamsWritable {
    private static final long serialVersionUID = 1;

    private final String uid;
    private final Param<NormSpec> spec;
    private final Param<String> inputCol;
    private final Param<String> outputCol;
    private final IntArrayParam shape;
    private final IntParam batch;
    private final Param<String> onBadRow;
    private final Param<String> keyCol;
    private final Param<String> fingerprintCol;
    private final BooleanParam requireSameDevice;

    /** A stage with a unique name. */
    public ClnormTransformer() {
        this(Identifiable$.MODULE$.randomUID("clnorm"));
    }

    /**
     * A stage with a name.
     *
     * @param uid unique in its pipeline
     */
    public ClnormTransformer(String uid) {
        this.uid = uid;
        spec = new NormSpecParam(uid, "spec", "the normalization");
        inputCol = new Param<>(uid, "inputCol", "the column of the samples", String.class);
        outputCol = new Param<>(uid, "outputCol", "the column of the results; replaces one of this name", String.class);
        shape = new IntArrayParam(this, "shape", "the shape of one sample, slowest dimension first");
        batch = new IntParam(uid, "batch", "the most samples that a device gets at once", ParamValidators.gtEq(1));
        onBadRow = new Param<>(
                uid,
                "onBadRow",
                "fail or null: what happens to rows without a valid sample",
                ParamValidators.inArray(new String[] {"fail", "null"}),
                String.class);
        keyCol = new Param<>(uid, "keyCol", "the column that identifies a row in messages", String.class);
        fingerprintCol =
                new Param<>(uid, "fingerprintCol", "an added column with the device of each row", String.class);
        requireSameDevice = new BooleanParam(uid, "requireSameDevice", "whether unlike devices fail the job");
    }

    /**
     * Reads stages that were saved; Spark calls this.
     *
     * @return the reader
     */
    public static MLReader<ClnormTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a stage that was saved.
     *
     * @param path its folder
     * @return the stage
     * @throws IllegalArgumentException if another stage was saved
     */
    public static ClnormTransformer load(String path) {
        // Spark casts to no class of its own: another stage would end in a ClassCastException.
        Object stage = read().load(path);
        if (stage instanceof ClnormTransformer transformer) {
            return transformer;
        }
        throw new IllegalArgumentException(path + " has a " + stage.getClass().getName()
                + ", expected a ClnormTransformer. The class itself, or PipelineModel, loads it");
    }

    /** {@return the parameter: the normalization} */
    public Param<NormSpec> spec() {
        return spec;
    }

    /**
     * Sets the normalization.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setSpec(NormSpec value) {
        set(spec, value);
        return this;
    }

    /** {@return the parameter: the column of the samples} */
    public Param<String> inputCol() {
        return inputCol;
    }

    /**
     * Sets the column of the samples.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setInputCol(String value) {
        set(inputCol, value);
        return this;
    }

    /** {@return the parameter: the column of the results; a column of this name is replaced} */
    public Param<String> outputCol() {
        return outputCol;
    }

    /**
     * Sets the column of the results; a column of this name is replaced.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setOutputCol(String value) {
        set(outputCol, value);
        return this;
    }

    /** {@return the parameter: what happens to rows without a valid sample} */
    public Param<String> onBadRow() {
        return onBadRow;
    }

    /**
     * Sets {@code fail} or {@code null}: what happens to rows without a valid sample.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setOnBadRow(String value) {
        set(onBadRow, value);
        return this;
    }

    /** {@return the parameter: the column that identifies a row in messages} */
    public Param<String> keyCol() {
        return keyCol;
    }

    /**
     * Sets the column that identifies a row in messages.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setKeyCol(String value) {
        set(keyCol, value);
        return this;
    }

    /** {@return the parameter: an added column with the device of each row} */
    public Param<String> fingerprintCol() {
        return fingerprintCol;
    }

    /**
     * Sets an added column with the device of each row.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setFingerprintCol(String value) {
        set(fingerprintCol, value);
        return this;
    }

    /** {@return the parameter: the shape of one sample, slowest dimension first} */
    public IntArrayParam shape() {
        return shape;
    }

    /**
     * Sets the shape of one sample, slowest dimension first.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setShape(int... value) {
        set(shape, value);
        return this;
    }

    /** {@return the parameter: the most samples that a device gets at once} */
    public IntParam batch() {
        return batch;
    }

    /**
     * Sets the most samples that a device gets at once.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setBatch(int value) {
        set(batch, value);
        return this;
    }

    /** {@return the parameter: whether unlike devices fail the job} */
    public BooleanParam requireSameDevice() {
        return requireSameDevice;
    }

    /**
     * Sets whether unlike devices fail the job.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setRequireSameDevice(boolean value) {
        set(requireSameDevice, value);
        return this;
    }

    /**
     * Normalizes, and gives the report too. Lazy, as all transformations.
     *
     * @param data with the input column
     * @return the data frame and its report
     * @throws IllegalArgumentException if a column does not exist or has another type, the channels do not fit the spec,
     *     or a result depends on the batch
     * @throws IllegalStateException if a parameter is missing
     */
    public NormalizedRows normalize(Dataset<?> data) {
        return settings(data).normalized();
    }

    @Override
    public Dataset<Row> transform(Dataset<?> data) {
        return normalize(data).rows();
    }

    @Override
    public StructType transformSchema(StructType schema) {
        return settings(null).schema(schema);
    }

    private RowNormalization settings(Dataset<?> data) {
        RowNormalization settings = new RowNormalization(data, required(spec))
                .input(required(inputCol))
                .output(required(outputCol))
                .shape(Arrays.stream(required(shape)).asLongStream().toArray());
        optional(batch, value -> settings.batch((int) value));
        optional(onBadRow, settings::onBadRow);
        optional(keyCol, settings::key);
        optional(fingerprintCol, settings::fingerprint);
        optional(requireSameDevice, value -> {
            if ((boolean) value) {
                settings.requireSameDevice();
            }
        });
        return settings;
    }

    private <T> T required(Param<T> param) {
        if (!isSet(param)) {
            throw new IllegalStateException(uid + ": parameter " + param.name() + " is missing: " + param.doc());
        }
        return getOrDefault(param);
    }

    private <T> void optional(Param<T> param, Consumer<T> setter) {
        if (isSet(param)) {
            setter.accept(getOrDefault(param));
        }
    }

    @Override
    public ClnormTransformer copy(ParamMap extra) {
        return copyValues(new ClnormTransformer(uid), extra);
    }

    @Override
    public String uid() {
        return uid;
    }
}
