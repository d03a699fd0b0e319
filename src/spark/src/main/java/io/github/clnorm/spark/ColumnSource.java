package io.github.clnorm.spark;

import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Samples of a column of rows.
 *
 * @param reader of the column
 * @param place names rows in messages
 */
record ColumnSource(ColumnReader reader, RowPlace place) implements SampleSource<InternalRow> {
    @Override
    public Sample sample(InternalRow row) throws BadRow {
        return reader.sample(row);
    }

    @Override
    public String describe(InternalRow row, long number, int partition) {
        return place.describe(row, number, partition);
    }
}
