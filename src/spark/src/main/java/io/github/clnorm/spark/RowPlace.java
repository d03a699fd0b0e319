package io.github.clnorm.spark;

import java.io.Serializable;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.ToPrettyString;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructField;
import scala.Option;

/**
 * Names rows and the column of their samples in messages. Immutable and thread-safe.
 *
 * @param column with the samples
 * @param key the column that identifies a row; null for none
 * @param ordinal of the key
 */
record RowPlace(String column, StructField key, int ordinal) implements Serializable {
    /** For example "row 3 of partition 1 (id = 17): column x". The key is text as {@code Dataset.show()} prints it. */
    String describe(String row, InternalRow values) {
        return row + (key == null ? "" : " (" + key.name() + " = " + text(values) + ")") + ": column " + column;
    }

    String describe(InternalRow values, long number, int partition) {
        return describe("row " + number + " of partition " + partition, values);
    }

    private String text(InternalRow values) {
        BoundReference value = new BoundReference(ordinal, key.dataType(), true);
        return new ToPrettyString(value, Option.apply(SQLConf.get().sessionLocalTimeZone()))
                .eval(values)
                .toString();
    }
}
