package io.github.clnorm.spark;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Finds columns by name as Spark does. Immutable and thread-safe.
 *
 * @param caseSensitive {@code spark.sql.caseSensitive}
 */
record ColumnNames(boolean caseSensitive) {
    /** By the settings of the data's session. */
    static ColumnNames of(org.apache.spark.sql.classic.Dataset<?> data) {
        return new ColumnNames(data.sparkSession().sessionState().conf().caseSensitiveAnalysis());
    }

    /** By the settings of the active session. */
    static ColumnNames ofActiveSession() {
        return new ColumnNames(SQLConf.get().caseSensitiveAnalysis());
    }

    boolean isSame(String one, String other) {
        return caseSensitive ? one.equals(other) : one.equalsIgnoreCase(other);
    }

    /** The ordinal of a column. `role` is what it is for, in the message. */
    int ordinal(StructType schema, String role, String column) {
        int ordinal = ordinalIfAny(schema, role, column);
        if (ordinal < 0) {
            throw new IllegalArgumentException(role + ": there is no column " + column + ". The columns are "
                    + String.join(", ", schema.fieldNames()));
        }
        return ordinal;
    }

    /** The ordinal of a column, -1 if there is none. */
    int ordinalIfAny(StructType schema, String role, String column) {
        StructField[] fields = schema.fields();
        List<Integer> found = IntStream.range(0, fields.length)
                .filter(i -> isSame(fields[i].name(), column))
                .boxed()
                .toList();
        if (found.size() > 1) {
            throw new IllegalArgumentException(role + ": column " + column + " is ambiguous, the data has "
                    + found.size() + " columns of this name"
                    + (caseSensitive ? "" : ", ignoring case (spark.sql.caseSensitive)")
                    + ". Rename or drop all but one. The columns are " + String.join(", ", schema.fieldNames()));
        }
        return found.isEmpty() ? -1 : found.get(0);
    }
}
