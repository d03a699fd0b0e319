package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;

/** The parameters of {@link ClnormTransformer} and their values. Not thread-safe while parameters are set. */
abstract class ClnormParams extends Transformer {
    private static final long serialVersionUID = 1;

    private final String uid;
    private final Param<NormSpec> spec;
    private final Param<String> inputCol;
    private final Param<String> outputCol;
    private final Param<String> outputForm;
    private final Param<String> elementType;
    private final IntArrayParam shape;
    private final IntParam batch;
    private final LongParam batchBytes;
    private final Param<String> onBadRow;
    private final Param<String> keyCol;
    private final Param<String> fingerprintCol;
    private final BooleanParam requireSameDevice;

    ClnormParams(String uid) {
        this.uid = uid;
        spec = new NormSpecParam(uid, "spec", "the normalization");
        inputCol = new Param<>(uid, "inputCol", "the column of the samples", String.class);
        outputCol = new Param<>(uid, "outputCol", "the column of the results; replaces one of this name", String.class);
        outputForm = oneOf("outputForm", "the form of the results", names(SampleForm.values()));
        elementType = oneOf("elementType", "the type in which devices compute", texts(ElementType.values()));
        shape = new IntArrayParam(this, "shape", "the shape of one sample, slowest dimension first");
        batch = new IntParam(uid, "batch", "the most samples that a device gets at once", ParamValidators.gtEq(1));
        batchBytes = new LongParam(
                uid,
                "batchBytes",
                "the most bytes that a device gets at once",
                ParamValidators.inRange(1, Settings.MOST_BATCH_BYTES));
        onBadRow = oneOf("onBadRow", "fail or null: what happens to rows without a valid sample", "fail", "null");
        keyCol = new Param<>(uid, "keyCol", "the column that identifies a row in messages", String.class);
        fingerprintCol =
                new Param<>(uid, "fingerprintCol", "an added column with the device of each row", String.class);
        requireSameDevice = new BooleanParam(uid, "requireSameDevice", "whether unlike devices fail the job");
        setDefault(batch, Settings.BATCH);
        setDefault(batchBytes, Settings.BATCH_BYTES);
        setDefault(onBadRow, "fail");
        setDefault(requireSameDevice, false);
    }

    private Param<String> oneOf(String name, String doc, String... values) {
        return new Param<>(uid, name, doc, ParamValidators.inArray(values), String.class);
    }

    private static String[] names(SampleForm... forms) {
        return Arrays.stream(forms).map(SampleForm::name).toArray(String[]::new);
    }

    private static String[] texts(ElementType... types) {
        return Arrays.stream(types).map(ElementType::toString).toArray(String[]::new);
    }

    @Override
    public String uid() {
        return uid;
    }

    /** {@return the parameter: the normalization} */
    public Param<NormSpec> spec() {
        return spec;
    }

    /**
     * The value of the parameter: the normalization.
     *
     * @return the value
     * @throws java.util.NoSuchElementException if it is not set
     */
    public NormSpec getSpec() {
        return getOrDefault(spec);
    }

    /** {@return the parameter: the column of the samples} */
    public Param<String> inputCol() {
        return inputCol;
    }

    /**
     * The value of the parameter: the column of the samples.
     *
     * @return the value
     * @throws java.util.NoSuchElementException if it is not set
     */
    public String getInputCol() {
        return getOrDefault(inputCol);
    }

    /** {@return the parameter: the column of the results; a column of this name is replaced} */
    public Param<String> outputCol() {
        return outputCol;
    }

    /**
     * The value of the parameter: the column of the results; a column of this name is replaced.
     *
     * @return the value
     * @throws java.util.NoSuchElementException if it is not set
     */
    public String getOutputCol() {
        return getOrDefault(outputCol);
    }

    /** {@return the parameter: the form of the results; that of the samples unless set} */
    public Param<String> outputForm() {
        return outputForm;
    }

    /**
     * The value of the parameter: the form of the results; that of the samples unless set.
     *
     * @return the value
     * @throws java.util.NoSuchElementException if it is not set
     */
    public SampleForm getOutputForm() {
        return SampleForm.valueOf(getOrDefault(outputForm));
    }

    /** {@return the parameter: the type in which devices compute; that of the values unless set} */
    public Param<String> elementType() {
        return elementType;
    }

    /**
     * The value of the parameter: the type in which devices compute; that of the values unless set.
     *
     * @return the value
     * @throws java.util.NoSuchElementException if it is not set
     */
    public ElementType getElementType() {
        return Arrays.stream(ElementType.values())
                .filter(type -> type.toString().equals(getOrDefault(elementType)))
                .findFirst()
                .orElseThrow();
    }

    /** {@return the parameter: the shape of one sample, slowest dimension first} */
    public IntArrayParam shape() {
        return shape;
    }

    /**
     * The value of the parameter: the shape of one sample, slowest dimension first.
     *
     * @return the value
     * @throws java.util.NoSuchElementException if it is not set
     */
    public int[] getShape() {
        return getOrDefault(shape);
    }

    /** {@return the parameter: the most samples that a device gets at once; 64 unless set} */
    public IntParam batch() {
        return batch;
    }

    /**
     * The value of the parameter: the most samples that a device gets at once; 64 unless set.
     *
     * @return the value
     */
    public int getBatch() {
        return (int) getOrDefault(batch);
    }

    /** {@return the parameter: the most bytes that a device gets at once; 32 MiB unless set} */
    public LongParam batchBytes() {
        return batchBytes;
    }

    /**
     * The value of the parameter: the most bytes that a device gets at once; 32 MiB unless set.
     *
     * @return the value
     */
    public long getBatchBytes() {
        return (long) getOrDefault(batchBytes);
    }

    /** {@return the parameter: {@code fail}, the default, or {@code null}: what happens to rows without a valid sample} */
    public Param<String> onBadRow() {
        return onBadRow;
    }

    /**
     * The value of the parameter: {@code fail}, the default, or {@code null}: what happens to rows without a valid sample.
     *
     * @return the value
     */
    public String getOnBadRow() {
        return getOrDefault(onBadRow);
    }

    /** {@return the parameter: the column that identifies a row in messages} */
    public Param<String> keyCol() {
        return keyCol;
    }

    /**
     * The value of the parameter: the column that identifies a row in messages.
     *
     * @return the value
     * @throws java.util.NoSuchElementException if it is not set
     */
    public String getKeyCol() {
        return getOrDefault(keyCol);
    }

    /** {@return the parameter: an added column with the device of each row} */
    public Param<String> fingerprintCol() {
        return fingerprintCol;
    }

    /**
     * The value of the parameter: an added column with the device of each row.
     *
     * @return the value
     * @throws java.util.NoSuchElementException if it is not set
     */
    public String getFingerprintCol() {
        return getOrDefault(fingerprintCol);
    }

    /** {@return the parameter: whether unlike devices fail the job; false unless set} */
    public BooleanParam requireSameDevice() {
        return requireSameDevice;
    }

    /**
     * The value of the parameter: whether unlike devices fail the job; false unless set.
     *
     * @return the value
     */
    public boolean getRequireSameDevice() {
        return (boolean) getOrDefault(requireSameDevice);
    }
}
