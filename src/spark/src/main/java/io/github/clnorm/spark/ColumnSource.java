package io.github.clnorm.spark;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructField;

/**
 * Samples of the first column of rows, and a second one that may identify the rows in messages.
 *
 * @param reader of the first column
 * @param column its name
 * @param key the second column; null for none
 */
record ColumnSource(ColumnReader reader, String column, StructField key) implements SampleSource<InternalRow> {
    private static final int KEY = 1;

    @Override
    public Sample sample(InternalRow row) throws BadRow {
        return reader.sample(row);
    }

    @Override
    public String describe(InternalRow row, long number, int partition) {
        return "row " + number + " of partition " + partition
                + (key == null ? "" : " (" + key.name() + " = " + row.get(KEY, key.dataType()) + ")") + ": column "
                + column;
    }
}
