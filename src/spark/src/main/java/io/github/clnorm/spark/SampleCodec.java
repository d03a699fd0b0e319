package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;
import java.nio.ByteBuffer;

/**
 * Moves samples between rows and the memory that a device works on. For one task; not thread-safe.
 *
 * @param <T> rows before
 * @param <U> rows after
 */
interface SampleCodec<T, U> extends SampleSource<T> {
    /** A row that {@link #sample} is asked for again later. The row itself may be reused for the next one. */
    T carry(T row);

    /** What {@link #write} needs of a row. The row itself may be reused for the next one. */
    T keep(T row);

    /**
     * A row with its result. Spark may get the same object for each row.
     *
     * @param kept of the row
     * @param result the elements; null for a row without a valid sample
     * @param device what computed them; null for a row without a valid sample
     */
    U write(T kept, Result result, Fingerprint device);

    /** The elements of a result, in native byte order, and their type. */
    record Result(io.github.clnorm.type.ElementType type, ByteBuffer elements) {}
}
