package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The normalization of a column of a data frame, whose rows are samples.
 *
 * <pre>{@code
 * NormalizedRows result = ClnormSpark.normalize(data, NormSpec.groupNorm(32, 320))
 *         .input("x").shape(320, 64, 64).output("y").normalized();
 * result.rows().write().parquet("normalized");
 * System.out.print(result.report().explain());
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class RowNormalization extends Settings<RowNormalization> {
    private final Dataset<?> data;
    private String input;
    private String output;
    private String key;
    private String device;
    private SampleForm form;
    private ElementType type;

    /** @param data null if only {@link #schema} is asked for */
    RowNormalization(Dataset<?> data, NormSpec spec) {
        super(spec);
        this.data = data;
    }

    @Override
    RowNormalization self() {
        return this;
    }

    /**
     * The column of the samples: {@code array<float>}, {@code array<double>}, a vector of Spark ML, or binary with the
     * content of a {@code .npy} file.
     *
     * @param column its name
     * @return this
     */
    public RowNormalization input(String column) {
        input = Objects.requireNonNull(column, "column");
        return this;
    }

    /**
     * The column of the results, in the form of the input unless {@link #outputForm} says otherwise. A column of this name
     * is replaced. To replace the input saves two copies of each sample.
     *
     * @param column its name
     * @return this
     */
    public RowNormalization output(String column) {
        output = Objects.requireNonNull(column, "column");
        return this;
    }

    /**
     * The form of the output column.
     *
     * @param value that of the input unless set
     * @return this
     */
    public RowNormalization outputForm(SampleForm value) {
        form = Objects.requireNonNull(value, "form");
        return this;
    }

    /**
     * The type in which devices compute. Values are rounded to it.
     *
     * @param value unless set, the type of the values: float32 for {@code array<float>}, float64 for {@code
     *     array<double>} and vectors, that of each file for npy
     * @return this
     */
    public RowNormalization elementType(ElementType value) {
        type = Objects.requireNonNull(value, "type");
        return this;
    }

    /**
     * The column that identifies a row in messages about invalid samples.
     *
     * @param column its name
     * @return this
     */
    public RowNormalization key(String column) {
        key = Objects.requireNonNull(column, "column");
        return this;
    }

    /**
     * Adds a string column with the fingerprint of the device that computed the row, null for a row without a valid
     * sample.
     *
     * @param column its name
     * @return this
     */
    public RowNormalization fingerprint(String column) {
        device = Objects.requireNonNull(column, "column");
        return this;
    }

    /**
     * Checks everything that needs no device, and makes the data frame with the results. Like other transformations it is
     * lazy: actions compute.
     *
     * @return the data frame and its report
     * @throws IllegalArgumentException if a column does not exist or has another type, the channels do not fit the spec, a
     *     result depends on the batch, or the data is a stream
     * @throws IllegalStateException if input, output or shape is missing
     */
    public NormalizedRows normalized() {
        org.apache.spark.sql.classic.Dataset<?> classic = classic();
        NormalizationRequest request = request();
        RowPlan plan = plan(data.schema(), request);
        Counters counters = new Counters(data.sparkSession().sparkContext());
        NormalizationTask<InternalRow, InternalRow> task = task(request, () -> new RowCodec(plan), counters);
        NormalizedRdd<InternalRow, InternalRow> rows = new NormalizedRdd<>(
                data.sparkSession().sparkContext(),
                InternalRow.class,
                () -> classic.queryExecution().toRdd(),
                task);
        return new NormalizedRows(
                classic.sparkSession().internalCreateDataFrame(rows, plan.after(), false), counters, task.toString());
    }

    /** The columns of the result, after all checks. */
    StructType schema(StructType before) {
        return plan(before, request()).after();
    }

    private org.apache.spark.sql.classic.Dataset<?> classic() {
        if (!(data instanceof org.apache.spark.sql.classic.Dataset<?> classic)) {
            throw new IllegalArgumentException(
                    "normalize needs a session of the driver's own process, not Spark Connect");
        }
        if (data.isStreaming()) {
            throw new IllegalArgumentException(
                    "normalize takes no stream: call it for each micro-batch, in writeStream().foreachBatch(…)");
        }
        return classic;
    }

    private RowPlan plan(StructType before, NormalizationRequest request) {
        requireSet("input", input);
        requireSet("output", output);
        if (output.equals(device)) {
            throw new IllegalArgumentException("output and fingerprint are both column " + output);
        }
        int ordinal = ordinal(before, "input", input);
        SampleForm given = form(input, before.fields()[ordinal].dataType());
        ElementType largest =
                type != null ? type : given == SampleForm.FLOAT_ARRAY ? ElementType.FLOAT32 : ElementType.FLOAT64;
        request.check(largest);
        return new RowPlan(
                before,
                new ColumnReader(ordinal, given, request.shape(), type),
                form == null ? given : form,
                output,
                device,
                key == null ? -1 : ordinal(before, "key", key));
    }

    private static void requireSet(String name, String column) {
        if (column == null) {
            throw new IllegalStateException(name + "(column) is missing");
        }
    }

    private static int ordinal(StructType schema, String role, String column) {
        List<String> names = Arrays.asList(schema.fieldNames());
        if (!names.contains(column)) {
            throw new IllegalArgumentException(
                    role + ": there is no column " + column + ". The columns are " + String.join(", ", names));
        }
        return names.indexOf(column);
    }

    private static SampleForm form(String column, DataType type) {
        if (type.equals(SQLDataTypes.VectorType())) {
            return SampleForm.VECTOR;
        }
        if (type.equals(DataTypes.BinaryType)) {
            return SampleForm.NPY;
        }
        if (type instanceof ArrayType array) {
            if (array.elementType().equals(DataTypes.FloatType)) {
                return SampleForm.FLOAT_ARRAY;
            }
            if (array.elementType().equals(DataTypes.DoubleType)) {
                return SampleForm.DOUBLE_ARRAY;
            }
        }
        throw new IllegalArgumentException("input: column " + column + " is " + type.sql()
                + ", expected array<float>, array<double>, a vector of Spark ML, or binary with the content of .npy files."
                + " A cast makes one of these from other numbers");
    }
}
