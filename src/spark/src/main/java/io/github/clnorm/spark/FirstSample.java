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

    /** The dimensions of the first sample of a column that is not null; null if there is none. */
    static long[] shape(Dataset<Row> column, SampleForm form) {
        List<Row> first = column.na().drop().limit(1).collectAsList();
        return first.isEmpty() ? null : shape(first.get(0).get(0), form);
    }

    private static long[] shape(Object value, SampleForm form) {
        return switch (form) {
            case FLOAT_ARRAY, DOUBLE_ARRAY -> new long[] {((scala.collection.Seq<?>) value).size()};
            case VECTOR -> new long[] {((Vector) value).size()};
            case NPY -> NpyTensor.of((byte[]) value).shape();
        };
    }

    /** The dimensions of the first sample of an RDD that is not null; null if there is none. */
    static long[] shape(JavaRDD<float[]> samples) {
        List<float[]> first = samples.filter(sample -> sample != null).take(1);
        return first.isEmpty() ? null : new long[] {first.get(0).length};
    }
}
