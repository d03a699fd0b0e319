package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;
import java.util.Objects;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.catalyst.InternalRow;
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
     * content of a {@code .npy} file. As in Spark, case does not count in names of columns unless {@code
     * spark.sql.caseSensitive} is set.
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
     * @throws IllegalArgumentException if a column does not exist, is ambiguous or has another type, the channels do not fit the spec, a
     *     result depends on the batch, or the data is a stream
     * @throws IllegalStateException if input, output or shape is missing
     */
    public NormalizedRows normalized() {
        org.apache.spark.sql.classic.Dataset<?> classic = SampleColumns.classic(data, "normalize");
        NormalizationRequest request = request();
        RowPlan plan = plan(ColumnNames.of(classic), data.schema(), request);
        Counters counters = new Counters(data.sparkSession().sparkContext());
        NormalizationTask<InternalRow, InternalRow> task = task(request, () -> new RowCodec(plan), counters);
        NormalizedRdd<InternalRow, InternalRow> rows = new NormalizedRdd<>(
                data.sparkSession().sparkContext(), InternalRow.class, () -> SampleColumns.plan(classic), task);
        return new NormalizedRows(
                classic.sparkSession().internalCreateDataFrame(rows, plan.after(), false), counters, task.toString());
    }

    /** The columns of the result, after all checks. */
    StructType schema(StructType before) {
        return plan(ColumnNames.ofActiveSession(), before, request()).after();
    }

    private RowPlan plan(ColumnNames names, StructType before, NormalizationRequest request) {
        requireSet("input", input);
        requireSet("output", output);
        if (device != null && names.isSame(output, device)) {
            throw new IllegalArgumentException("output and fingerprint are both column " + output);
        }
        int ordinal = names.ordinal(before, "input", input);
        SampleForm given = SampleColumns.form("input", input, before.fields()[ordinal].dataType());
        request.check(SampleColumns.largest(given, type));
        return new RowPlan(
                before,
                new ColumnReader(ordinal, given, request.shape(), type),
                form == null ? given : form,
                ResultColumn.of(names, before, "output", output),
                device == null ? null : ResultColumn.of(names, before, "fingerprint", device),
                key == null ? -1 : names.ordinal(before, "key", key));
    }

    private static void requireSet(String name, String column) {
        if (column == null) {
            throw new IllegalStateException(name + "(column) is missing");
        }
    }
}
