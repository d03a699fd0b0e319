package io.github.clnorm.spark;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * The shape of the first sample of a data set, which all samples have if the user gives none. Immutable and thread-safe.
 *
 * @param place the sample in messages
 * @param shape its dimensions
 */
record FirstSample(String place, long[] shape) {
    /** Of the first column of rows; null if there are none. */
    static FirstSample of(Dataset<Row> rows, SampleForm form, RowPlace place, String method) {
        InternalRow[] first = SampleColumns.classic(rows.limit(1), method)
                .queryExecution()
                .executedPlan()
                .executeCollect();
        if (first.length == 0) {
            return null;
        }
        String where = place.describe("the first row", first[0]);
        try {
            return new FirstSample(where, ColumnReader.shapeOf(first[0], 0, form));
        } catch (BadRow e) {
            throw unknown(where, e.getMessage());
        }
    }

    /** Of an RDD; null if it has no elements. */
    static FirstSample of(JavaRDD<float[]> samples) {
        List<float[]> first = samples.take(1);
        if (first.isEmpty()) {
            return null;
        }
        String where = "the first element";
        if (first.get(0) == null) {
            throw unknown(where, "is null");
        }
        return new FirstSample(where, new long[] {first.get(0).length});
    }

    private static IllegalArgumentException unknown(String place, String problem) {
        return new IllegalArgumentException(place + " " + problem + ", so it does not tell the shape of the others: set"
                + " shape(…), and onBadRow(\"null\") to leave out such rows");
    }
}
