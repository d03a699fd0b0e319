package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.unsafe.types.UTF8String;
import scala.jdk.javaapi.CollectionConverters;

/** Samples of a column of a data frame. For one task; not thread-safe. */
final class RowCodec implements SampleCodec<InternalRow, InternalRow> {
    private final RowPlan plan;
    private final ColumnWriter writer;
    private final DataType[] keptTypes;
    private final UnsafeProjection kept;
    private final int[] places;
    /** The row that Spark gets, the same each time. Spark copies all of it into a row of its own. */
    private final GenericInternalRow output;

    private Fingerprint named;
    private UTF8String name;

    RowCodec(RowPlan plan) {
        this.plan = plan;
        this.writer = new ColumnWriter(
                plan.form(), plan.reader().elements(), plan.reader().shape());
        List<Integer> keeps = plan.keptColumns();
        StructField[] fields = plan.before().fields();
        this.keptTypes =
                keeps.stream().map(ordinal -> fields[ordinal].dataType()).toArray(DataType[]::new);
        this.kept = keeps.size() == fields.length ? null : projection(keeps, fields);
        this.places = plan.outputColumns().stream().mapToInt(Integer::intValue).toArray();
        this.output = new GenericInternalRow(places.length);
    }

    private static UnsafeProjection projection(List<Integer> ordinals, StructField... fields) {
        List<Expression> columns = ordinals.stream()
                .map(ordinal -> (Expression)
                        new BoundReference(ordinal, fields[ordinal].dataType(), fields[ordinal].nullable()))
                .toList();
        return UnsafeProjection.create(CollectionConverters.asScala(columns).toSeq());
    }

    @Override
    public Sample sample(InternalRow row) throws BadRow {
        return plan.reader().sample(row);
    }

    @Override
    public InternalRow carry(InternalRow row) {
        return row.copy();
    }

    @Override
    public InternalRow keep(InternalRow row) {
        return kept == null ? row.copy() : kept.apply(row).copy();
    }

    @Override
    public InternalRow write(InternalRow row, Result result, Fingerprint device) {
        for (int i = 0; i < places.length; i++) {
            output.update(i, value(places[i], row, result, device));
        }
        return output;
    }

    /** A kept column, then the result, then the device. Arrays are not copied. */
    private Object value(int place, InternalRow row, Result result, Fingerprint device) {
        if (place < keptTypes.length) {
            return row.get(place, keptTypes[place]);
        }
        if (result == null) {
            return null;
        }
        return place == keptTypes.length ? writer.value(result) : name(device);
    }

    private UTF8String name(Fingerprint device) {
        if (!device.equals(named)) {
            named = device;
            name = UTF8String.fromString(device.toString());
        }
        return name;
    }

    @Override
    public String describe(InternalRow row, long number, int partition) {
        StructField[] fields = plan.before().fields();
        int key = plan.keyOrdinal();
        return new RowPlace(fields[plan.reader().ordinal()].name(), key < 0 ? null : fields[key], key)
                .describe(row, number, partition);
    }
}
