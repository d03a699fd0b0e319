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
 * @param output the column of the results
 * @param device the column with the fingerprint of the device; null for none
 * @param keyOrdinal of the column that identifies a row in messages; -1 for none
 */
record RowPlan(
        StructType before,
        ColumnReader reader,
        SampleForm form,
        ResultColumn output,
        ResultColumn device,
        int keyOrdinal)
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
        return new StructField(output.name(), type, true, Metadata.empty());
    }

    StructField deviceField() {
        return new StructField(device.name(), DataTypes.StringType, true, Metadata.empty());
    }

    /** The ordinals of the columns that the result keeps. */
    List<Integer> keptColumns() {
        return IntStream.range(0, before.length())
                .filter(i -> i != output.replaced() && !isReplacedByDevice(i))
                .boxed()
                .toList();
    }

    private boolean isReplacedByDevice(int ordinal) {
        return device != null && ordinal == device.replaced();
    }

    /** For each column of the result its place among the kept ones, then the output, then the device. */
    List<Integer> outputColumns() {
        int kept = keptColumns().size();
        List<Integer> places = new ArrayList<>();
        int next = 0;
        for (int ordinal = 0; ordinal < before.length(); ordinal++) {
            if (ordinal == output.replaced()) {
                places.add(kept);
            } else if (isReplacedByDevice(ordinal)) {
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
