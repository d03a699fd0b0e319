package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.unsafe.types.UTF8String;
import scala.jdk.javaapi.CollectionConverters;

/** Samples of a column of a data frame. For one task; not thread-safe. */
final class RowCodec implements SampleCodec<InternalRow, InternalRow> {
    private final RowPlan plan;
    private final ColumnWriter writer;
    private final UnsafeProjection kept;
    private final UnsafeProjection output;
    private final JoinedRow joined = new JoinedRow();
    private final GenericInternalRow added;
    private Fingerprint named;
    private UTF8String name;

    RowCodec(RowPlan plan) {
        this.plan = plan;
        this.writer = new ColumnWriter(
                plan.form(), plan.reader().elements(), plan.reader().shape());
        this.added = new GenericInternalRow(plan.hasDevice() ? 2 : 1);
        List<Integer> keeps = plan.keptColumns();
        this.kept = keeps.size() == plan.before().length()
                ? null
                : projection(keeps, plan.before().fields());
        this.output = projection(plan.outputColumns(), joinedFields(keeps));
    }

    /** The kept fields, the result, and the device. */
    private StructField[] joinedFields(List<Integer> keeps) {
        List<StructField> fields = new ArrayList<>();
        keeps.forEach(ordinal -> fields.add(plan.before().fields()[ordinal]));
        fields.add(plan.resultField());
        if (plan.hasDevice()) {
            fields.add(plan.deviceField());
        }
        return fields.toArray(StructField[]::new);
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
        added.update(0, result == null ? null : writer.value(result));
        if (plan.hasDevice()) {
            added.update(1, device == null ? null : name(device));
        }
        return output.apply(joined.apply(row, added));
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
        String key = plan.keyOrdinal() < 0
                ? ""
                : " (" + field(plan.keyOrdinal()).name() + " = "
                        + row.get(plan.keyOrdinal(), field(plan.keyOrdinal()).dataType()) + ")";
        return "row " + number + " of partition " + partition + key + ": column "
                + field(plan.reader().ordinal()).name();
    }

    private StructField field(int ordinal) {
        return plan.before().fields()[ordinal];
    }
}
