package io.github.clnorm.spark;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelMoments;
import io.github.clnorm.Functional;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.ClException;
import java.io.Serializable;
import java.util.Iterator;

/**
 * The moments of a partition: fills batches from its rows, and lets the executor's device compute each. Travels to the
 * executors.
 *
 * @param <T> rows
 */
final class MomentsTask<T> implements Serializable {
    private static final long serialVersionUID = 1;

    /** Makes the reader of a task. */
    interface Sources<T> extends Serializable {
        SampleSource<T> source();
    }

    private final NormalizationRequest request;
    private final Sources<T> sources;
    private final int channels;
    private final Counters counters;
    /** Null if any device will do. */
    private final RequiredDevice required;

    MomentsTask(
            NormalizationRequest request,
            Sources<T> sources,
            int channels,
            Counters counters,
            RequiredDevice required) {
        this.request = request;
        this.sources = sources;
        this.channels = channels;
        this.counters = counters;
        this.required = required;
    }

    /**
     * The moments of some rows, as bytes: Kryo then needs no class of clnorm.
     *
     * @param rows of a partition
     * @param partition its index
     */
    byte[] moments(Iterator<T> rows, int partition) {
        return new Work(rows, counters.of(partition)).moments().toBytes();
    }

    /** For one task. */
    private final class Work {
        private final SampleSource<T> source = sources.source();
        private final Iterator<T> rows;
        private final PartitionWork counts;
        private final Batch<Void> batch = new Batch<>(request);
        private Backend backend;
        private ChannelMoments moments = ChannelMoments.none(channels);
        private long number;

        Work(Iterator<T> rows, PartitionWork counts) {
            this.rows = rows;
            this.counts = counts;
        }

        ChannelMoments moments() {
            try {
                while (rows.hasNext()) {
                    add(rows.next());
                    number++;
                    if (batch.isFull()) {
                        compute();
                    }
                }
                compute();
                counts.ended();
                return moments;
            } finally {
                batch.release();
            }
        }

        private void add(T row) {
            try {
                Sample sample = source.sample(row);
                if (!batch.takes(sample.type())) {
                    compute();
                }
                sample.read(batch.place(sample.type()));
                batch.addSample(null);
            } catch (BadRow e) {
                if (request.onBadRow() == OnBadRow.FAIL) {
                    throw new IllegalArgumentException(source.describe(row, number, counts.partition()) + " "
                            + e.getMessage() + ". onBadRow(\"null\") leaves such rows out");
                }
                batch.addInvalid(null);
            }
        }

        private void compute() {
            if (batch.isEmpty()) {
                return;
            }
            long start = System.nanoTime();
            if (batch.samples() > 0) {
                if (backend == null) {
                    backend = open();
                }
                moments = moments.plus(of(0, batch.samples()));
            }
            counts.waited(System.nanoTime() - start);
            counts.computed(
                    backend == null ? null : backend.fingerprint(), batch.samples(), batch.invalid(), batch.bytes());
            batch.clear();
        }

        /** In halves, if the device has no memory for all of them. */
        private ChannelMoments of(int from, int to) {
            try (Tensor x = backend.wrap(batch.part(from, to), batch.type(), request.batchOf(to - from))) {
                return Functional.channelMoments(
                        x, Options.DEFAULTS.layout(request.spec().layout()));
            } catch (ClException e) {
                if (!e.isOutOfMemory() || to - from < 2) {
                    throw e;
                }
            }
            counts.fellBack();
            backend.trim();
            int middle = from + (to - from) / 2;
            return of(from, middle).plus(of(middle, to));
        }
    }

    private Backend open() {
        Backend backend = ExecutorBackends.ofTask();
        if (required != null) {
            required.check(backend);
        }
        return backend;
    }
}
