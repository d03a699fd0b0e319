package io.github.clnorm.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Which columns are read, and which the result has: those before, with the output at its place or at the end. Immutable.
 *
 * @param before the columns of the data
 * @param reader of the samples
 * @param form of the output
 * @param output name of the output column; a column of this name is replaced
 * @param device name of the column with the fingerprint of the device; null for none
 * @param keyOrdinal of the column that identifies a row in messages; -1 for none
 */
record RowPlan(StructType before, ColumnReader reader, SampleForm form, String output, String device, int keyOrdinal)
        implements Serializable {

    boolean hasDevice() {
        return device != null;
    }

    StructField resultField() {
        DataType type =
                switch (form) {
                    case FLOAT_ARRAY -> DataTypes.createArrayType(DataTypes.FloatType, false);
                    case DOUBLE_ARRAY -> DataTypes.createArrayType(DataTypes.DoubleType, false);
                    case VECTOR -> SQLDataTypes.VectorType();
                    case NPY -> DataTypes.BinaryType;
                };
        return new StructField(output, type, true, Metadata.empty());
    }

    StructField deviceField() {
        return new StructField(device, DataTypes.StringType, true, Metadata.empty());
    }

    /** The columns that the result has from before: all but those that are replaced. */
    List<Integer> keptColumns() {
        return IntStream.range(0, before.length())
                .filter(i -> !isReplaced(before.fields()[i].name()))
                .boxed()
                .toList();
    }

    private boolean isReplaced(String column) {
        return column.equals(output) || column.equals(device);
    }

    /** For each column of the result its place among the kept ones, then the output, then the device. */
    List<Integer> outputColumns() {
        int kept = keptColumns().size();
        List<Integer> places = new ArrayList<>();
        int next = 0;
        for (StructField field : before.fields()) {
            if (field.name().equals(output)) {
                places.add(kept);
            } else if (field.name().equals(device)) {
                places.add(kept + 1);
            } else {
                places.add(next++);
            }
        }
        if (!places.contains(kept)) {
            places.add(kept);
        }
        if (hasDevice() && !places.contains(kept + 1)) {
            places.add(kept + 1);
        }
        return places;
    }

    /** The columns of the result. */
    StructType after() {
        int kept = keptColumns().size();
        List<StructField> fields = new ArrayList<>();
        for (int place : outputColumns()) {
            fields.add(
                    place == kept
                            ? resultField()
                            : place == kept + 1
                                    ? deviceField()
                                    : before.fields()[keptColumns().get(place)]);
        }
        return new StructType(fields.toArray(StructField[]::new));
    }
}
