package io.github.clnorm.spark;

import java.io.Serializable;
import org.apache.spark.sql.types.StructType;

/**
 * A column that the result has and the data may have. Immutable.
 *
 * @param name in the result
 * @param replaced ordinal of the column that it replaces; -1 for none
 */
record ResultColumn(String name, int replaced) implements Serializable {
    /** Replaces the column of the same name. `role` is what it is for, in messages. */
    static ResultColumn of(ColumnNames names, StructType before, String role, String name) {
        return new ResultColumn(name, names.ordinalIfAny(before, role, name));
    }
}
