package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
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
public final class ClnormTransformer extends ClnormParams implements DefaultParamsWritable {
    private static final long serialVersionUID = 1;

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
        super(uid);
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
        // The reader creates an object of the class that was saved, whatever it is.
        Object stage = read().load(path);
        if (stage instanceof ClnormTransformer transformer) {
            return transformer;
        }
        throw new IllegalArgumentException(path + " has a " + stage.getClass().getName()
                + ", expected a ClnormTransformer. Use the load method of that class");
    }

    /**
     * Sets the normalization.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setSpec(NormSpec value) {
        set(spec(), value);
        return this;
    }

    /**
     * Sets the column of the samples.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setInputCol(String value) {
        set(inputCol(), value);
        return this;
    }

    /**
     * Sets the column of the results; a column of this name is replaced.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setOutputCol(String value) {
        set(outputCol(), value);
        return this;
    }

    /**
     * Sets {@code fail} or {@code null}: what happens to rows without a valid sample.
     *
     * @param value {@code fail} unless set
     * @return this
     * @throws IllegalArgumentException if it is neither
     */
    public ClnormTransformer setOnBadRow(String value) {
        set(onBadRow(), value);
        return this;
    }

    /**
     * Sets the column that identifies a row in messages.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setKeyCol(String value) {
        set(keyCol(), value);
        return this;
    }

    /**
     * Sets an added column with the device of each row.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setFingerprintCol(String value) {
        set(fingerprintCol(), value);
        return this;
    }

    /**
     * Sets the form of the results; that of the samples unless set.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setOutputForm(SampleForm value) {
        set(outputForm(), value.name());
        return this;
    }

    /**
     * Sets the type in which devices compute; that of the values unless set.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setElementType(ElementType value) {
        set(elementType(), value.toString());
        return this;
    }

    /**
     * Sets the shape of one sample, slowest dimension first.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setShape(int... value) {
        set(shape(), value);
        return this;
    }

    /**
     * Sets the most samples that a device gets at once.
     *
     * @param value 1 or more; 64 unless set
     * @return this
     * @throws IllegalArgumentException if it is less than 1
     */
    public ClnormTransformer setBatch(int value) {
        set(batch(), value);
        return this;
    }

    /**
     * Sets the most bytes that a device gets at once.
     *
     * @param value 1 or more; 32 MiB unless set
     * @return this
     * @throws IllegalArgumentException if it is less than 1, or more than 1 GiB
     */
    public ClnormTransformer setBatchBytes(long value) {
        set(batchBytes(), value);
        return this;
    }

    /**
     * Sets whether unlike devices fail the job.
     *
     * @param value the value
     * @return this
     */
    public ClnormTransformer setRequireSameDevice(boolean value) {
        set(requireSameDevice(), value);
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
        RowNormalization settings = new RowNormalization(data, required(spec()))
                .input(required(inputCol()))
                .output(required(outputCol()))
                .shape(Arrays.stream(required(shape())).asLongStream().toArray())
                .batch(getBatch())
                .batchBytes(getBatchBytes())
                .onBadRow(getOnBadRow());
        if (isSet(outputForm())) {
            settings.outputForm(getOutputForm());
        }
        if (isSet(elementType())) {
            settings.elementType(getElementType());
        }
        if (isSet(keyCol())) {
            settings.key(getKeyCol());
        }
        if (isSet(fingerprintCol())) {
            settings.fingerprint(getFingerprintCol());
        }
        if (getRequireSameDevice()) {
            settings.requireSameDevice();
        }
        return settings;
    }

    private <T> T required(Param<T> param) {
        if (!isSet(param)) {
            throw new IllegalStateException(uid() + ": parameter " + param.name() + " is missing: " + param.doc());
        }
        return getOrDefault(param);
    }

    @Override
    public ClnormTransformer copy(ParamMap extra) {
        return copyValues(new ClnormTransformer(uid()), extra);
    }
}
