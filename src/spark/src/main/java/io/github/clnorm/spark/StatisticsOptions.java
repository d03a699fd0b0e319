package io.github.clnorm.spark;

import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Objects;

/**
 * How {@link ClnormSpark#channelStatistics} reads a data set. Each method returns a changed copy. Immutable and
 * thread-safe.
 */
public final class StatisticsOptions {

    /**
     * Samples of shape {@code (channels, length / channels)}, batches of at most 64 samples and 32 MiB, and a job that
     * fails for a row without a valid sample.
     */
    public static final StatisticsOptions DEFAULTS =
            new StatisticsOptions(null, Layout.CHANNELS_FIRST, null, null, 64, 32 << 20, OnBadRow.FAIL, false);

    private static final int MOST_BYTES = 1 << 30;

    private final long[] shape;
    private final Layout layout;
    private final ElementType type;
    private final String key;
    private final int batch;
    private final int batchBytes;
    private final OnBadRow onBadRow;
    private final boolean sameDevice;

    private StatisticsOptions(
            long[] shape,
            Layout layout,
            ElementType type,
            String key,
            int batch,
            int batchBytes,
            OnBadRow onBadRow,
            boolean sameDevice) {
        this.shape = shape;
        this.layout = layout;
        this.type = type;
        this.key = key;
        this.batch = batch;
        this.batchBytes = batchBytes;
        this.onBadRow = onBadRow;
        this.sameDevice = sameDevice;
    }

    /**
     * The shape of one sample, without the dimension of the batch. Unless set, a job reads the first row, whose length or
     * npy shape is that of all samples. {@code onBadRow("null")} needs the shape, because the first row may be the bad
     * one.
     *
     * @param dimensions slowest first, such as {@code 320, 64, 64} for channels, height and width
     * @return the changed copy
     */
    public StatisticsOptions shape(long... dimensions) {
        return new StatisticsOptions(dimensions.clone(), layout, type, key, batch, batchBytes, onBadRow, sameDevice);
    }

    /**
     * Where the channels of a sample are.
     *
     * @param value channels first unless set
     * @return the changed copy
     */
    public StatisticsOptions layout(Layout value) {
        Objects.requireNonNull(value, "layout");
        return new StatisticsOptions(shape, value, type, key, batch, batchBytes, onBadRow, sameDevice);
    }

    /**
     * The type in which devices compute. Values are rounded to it.
     *
     * @param value unless set, the type of the values: float32 for {@code array<float>}, float64 for {@code
     *     array<double>} and vectors, that of each file for npy
     * @return the changed copy
     */
    public StatisticsOptions elementType(ElementType value) {
        Objects.requireNonNull(value, "type");
        return new StatisticsOptions(shape, layout, value, key, batch, batchBytes, onBadRow, sameDevice);
    }

    /**
     * The column that identifies a row in messages about invalid samples. Ignored for an RDD.
     *
     * @param column its name
     * @return the changed copy
     */
    public StatisticsOptions key(String column) {
        Objects.requireNonNull(column, "column");
        return new StatisticsOptions(shape, layout, type, column, batch, batchBytes, onBadRow, sameDevice);
    }

    /**
     * The most samples that a device gets at once. Results do not depend on it.
     *
     * @param samples 1 or more; 64 unless set
     * @return the changed copy
     * @throws IllegalArgumentException if it is less than 1
     */
    public StatisticsOptions batch(int samples) {
        if (samples < 1) {
            throw new IllegalArgumentException("batch(" + samples + "): expected 1 or more samples");
        }
        return new StatisticsOptions(shape, layout, type, key, samples, batchBytes, onBadRow, sameDevice);
    }

    /**
     * The most bytes that a device gets at once, unless one sample has more. Results do not depend on it.
     *
     * @param bytes 1 or more; 32 MiB unless set
     * @return the changed copy
     * @throws IllegalArgumentException if it is less than 1, or more than 1 GiB
     */
    public StatisticsOptions batchBytes(int bytes) {
        if (bytes < 1 || bytes > MOST_BYTES) {
            throw new IllegalArgumentException("batchBytes(" + bytes + "): expected 1 to " + MOST_BYTES + " bytes");
        }
        return new StatisticsOptions(shape, layout, type, key, batch, bytes, onBadRow, sameDevice);
    }

    /**
     * What happens to a row without a valid sample: null, with a null among its values, or of another length. NaN and
     * infinite values are valid.
     *
     * @param action {@code fail} fails the job, with the row and both lengths in the message, and is the default; {@code
     *     null} leaves the row out and counts it, see {@link NormalizationReport#invalidRows()}
     * @return the changed copy
     * @throws IllegalArgumentException if it is neither
     */
    public StatisticsOptions onBadRow(String action) {
        OnBadRow parsed = OnBadRow.parse(action);
        return new StatisticsOptions(shape, layout, type, key, batch, batchBytes, parsed, sameDevice);
    }

    /**
     * Fails the job instead of mixing the results of unlike devices, whose last bits may differ. A job of one task before
     * says which device an executor has.
     *
     * @return the changed copy
     */
    public StatisticsOptions requireSameDevice() {
        return new StatisticsOptions(shape, layout, type, key, batch, batchBytes, onBadRow, true);
    }

    /** Null if the first row decides. */
    long[] shape() {
        return shape;
    }

    Layout layout() {
        return layout;
    }

    ElementType type() {
        return type;
    }

    String key() {
        return key;
    }

    int batch() {
        return batch;
    }

    int batchBytes() {
        return batchBytes;
    }

    OnBadRow onBadRow() {
        return onBadRow;
    }

    boolean sameDevice() {
        return sameDevice;
    }
}
