package io.github.clnorm.spark;

import io.github.clnorm.tensorfile.NpyTensor;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The shape of the first sample of a data set, which all samples have if the user gives none. Thread-safe. */
final class FirstSample {

    private FirstSample() {}

    /** The dimensions of the first sample of a column; null if there is none. */
    static long[] shape(Dataset<Row> column, SampleForm form) {
        List<Row> first = column.limit(1).collectAsList();
        return first.isEmpty() ? null : shape(first.get(0).get(0), form);
    }

    private static long[] shape(Object value, SampleForm form) {
        requirePresent(value);
        return switch (form) {
            case FLOAT_ARRAY, DOUBLE_ARRAY -> new long[] {((scala.collection.Seq<?>) value).size()};
            case VECTOR -> new long[] {((Vector) value).size()};
            case NPY -> NpyTensor.of((byte[]) value).shape();
        };
    }

    /** The dimensions of the first sample of an RDD; null if there is none. */
    static long[] shape(JavaRDD<float[]> samples) {
        List<float[]> first = samples.take(1);
        if (first.isEmpty()) {
            return null;
        }
        requirePresent(first.get(0));
        return new long[] {first.get(0).length};
    }

    private static void requirePresent(Object value) {
        if (value == null) {
            throw new IllegalArgumentException(
                    "the first sample is null, so it does not tell the shape of the others: set"
                            + " shape(…), and onBadRow(\"null\") to leave out samples that are null");
        }
    }
}
