package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;
import io.github.clnorm.NormSpec;
import java.util.Objects;

/** What a user sets for data frames and RDDs alike. Not thread-safe. */
abstract sealed class Settings<S extends Settings<S>> permits RowNormalization, SampleNormalization {
    static final int BATCH = 64;
    static final long BATCH_BYTES = 32L << 20;
    static final long MOST_BATCH_BYTES = 1L << 30;

    private final NormSpec spec;
    private long[] shape;
    private int batch = BATCH;
    private long batchBytes = BATCH_BYTES;
    private OnBadRow onBadRow = OnBadRow.FAIL;
    private boolean sameDevice;
    private Fingerprint required;

    Settings(NormSpec spec) {
        this.spec = Objects.requireNonNull(spec, "spec");
    }

    abstract S self();

    /**
     * The shape of one sample, without the dimension of the batch.
     *
     * @param dimensions slowest first, such as {@code 320, 64, 64} for channels, height and width
     * @return this
     */
    public S shape(long... dimensions) {
        shape = dimensions.clone();
        return self();
    }

    /**
     * The most samples that a device gets at once. Results do not depend on it.
     *
     * @param samples 1 or more; 64 unless set
     * @return this
     * @throws IllegalArgumentException if it is less than 1
     */
    public S batch(int samples) {
        if (samples < 1) {
            throw new IllegalArgumentException("batch(" + samples + "): expected 1 or more samples");
        }
        batch = samples;
        return self();
    }

    /**
     * The most bytes that a device gets at once, unless one sample has more. Each task has two batches in memory outside
     * the heap. Results do not depend on it.
     *
     * @param bytes 1 or more; 32 MiB unless set
     * @return this
     * @throws IllegalArgumentException if it is less than 1, or more than 1 GiB
     */
    public S batchBytes(long bytes) {
        if (bytes < 1 || bytes > MOST_BATCH_BYTES) {
            throw new IllegalArgumentException(
                    "batchBytes(" + bytes + "): expected 1 to " + MOST_BATCH_BYTES + " bytes");
        }
        batchBytes = bytes;
        return self();
    }

    /**
     * What happens to a row without a valid sample: null, with a null among its values, or of another length.
     *
     * @param action {@code fail} fails the job, with the row and both lengths in the message, and is the default; {@code
     *     null} gives the row a null as its result and counts it, see {@link NormalizationReport#invalidRows()}
     * @return this
     * @throws IllegalArgumentException if it is neither
     */
    public S onBadRow(String action) {
        onBadRow = OnBadRow.parse(action);
        return self();
    }

    /**
     * Fails the job instead of mixing results of unlike devices. The first action runs a job of one task before its own.
     * The device of the executor that runs it is the one for all actions. A task on another device fails before it passes
     * a row on, with both devices and executors in its message. Spark tries it again, maybe on another executor, and fails
     * the job after {@code spark.task.maxFailures} attempts.
     *
     * @return this
     * @see #requireDevice(Fingerprint)
     */
    public S requireSameDevice() {
        sameDevice = true;
        return self();
    }

    /**
     * Fails the job if a task runs on another device. The same check as {@link #requireSameDevice()}, for a device that
     * an earlier job used.
     *
     * @param device for example one of {@link NormalizationReport#samples()}
     * @return this
     */
    public S requireDevice(Fingerprint device) {
        required = Objects.requireNonNull(device, "device");
        return self();
    }

    final NormSpec spec() {
        return spec;
    }

    final NormalizationRequest request() {
        return new NormalizationRequest(spec, shape, batch, batchBytes, onBadRow);
    }

    final <T, U> NormalizationTask<T, U> task(
            NormalizationRequest request, NormalizationTask.Codecs<T, U> codecs, Counters counters) {
        return new NormalizationTask<>(
                request,
                codecs,
                counters,
                sameDevice,
                required == null ? null : new RequiredDevice(required, "which requireDevice(…) names"));
    }
}
