package io.github.clnorm.spark;

/**
 * Reads the samples of rows. For one task; not thread-safe.
 *
 * @param <T> rows
 */
interface SampleSource<T> {
    /**
     * The sample of a row.
     *
     * @throws BadRow if there is none
     */
    Sample sample(T row) throws BadRow;

    /** The row in a message, such as "row 3 of partition 1 (id = 17): column x". */
    String describe(T row, long number, int partition);
}
