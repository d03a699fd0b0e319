package io.github.clnorm.spark;

import io.github.clnorm.Tensor;
import io.github.clnorm.device.ClException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Supplier;

/**
 * The rows of a partition with their results, in their order. While a device computes a batch, the next one is read, and
 * the rows of the one before are passed on.
 *
 * <p>For one task and one thread. {@link #close()} may come from another thread: Spark passes rows to Python on a thread of
 * its own, and ends the task meanwhile.
 *
 * @param <T> rows before
 * @param <U> rows after
 */
final class Batches<T, U> implements Iterator<U>, AutoCloseable {
    private final Iterator<T> rows;
    private final SampleCodec<T, U> codec;
    private final NormalizationRequest request;
    private final Supplier<DevicePass> opening;
    private final PartitionWork work;

    private DevicePass pass;
    /** A row of another type than the batch before it. */
    private T carried;

    private long number;
    private Batch<T> emitted;
    private Batch<T> computed;
    private int next;

    private boolean inUse;
    private boolean closed;

    /** @param opening opens the device; called when there is a sample to compute */
    Batches(
            Iterator<T> rows,
            SampleCodec<T, U> codec,
            NormalizationRequest request,
            Supplier<DevicePass> opening,
            PartitionWork work) {
        this.rows = rows;
        this.codec = codec;
        this.request = request;
        this.opening = opening;
        this.work = work;
        this.emitted = new Batch<>(request);
        this.computed = new Batch<>(request);
    }

    @Override
    public boolean hasNext() {
        if (!begin()) {
            return false;
        }
        try {
            return hasRow();
        } finally {
            end();
        }
    }

    @Override
    public U next() {
        if (!begin()) {
            throw new NoSuchElementException();
        }
        try {
            if (!hasRow()) {
                throw new NoSuchElementException();
            }
            int row = next++;
            SampleCodec.Result result = emitted.result(row);
            return codec.write(emitted.kept(row), result, result == null ? null : pass.fingerprint());
        } finally {
            end();
        }
    }

    private boolean hasRow() {
        while (next >= emitted.rows()) {
            if (!advance()) {
                return false;
            }
        }
        return true;
    }

    /** Reads a batch while the device computes, then passes on what it computed. False at the end. */
    private boolean advance() {
        Batch<T> filled = emitted;
        filled.clear();
        next = 0;
        fill(filled);
        finish(computed);
        emitted = computed;
        computed = filled;
        enqueue(filled);
        if (emitted.isEmpty() && filled.isEmpty()) {
            work.ended();
            return false;
        }
        return true;
    }

    private void fill(Batch<T> batch) {
        while (!batch.isFull() && (carried != null || rows.hasNext())) {
            T row = carried;
            carried = null;
            if (row == null) {
                row = rows.next();
                number++;
            }
            try {
                Sample sample = codec.sample(row);
                if (!batch.takes(sample.type())) {
                    carried = codec.carry(row);
                    return;
                }
                sample.read(batch.place(sample.type()));
                batch.addSample(codec.keep(row));
            } catch (BadRow e) {
                if (request.onBadRow() == OnBadRow.FAIL) {
                    throw new IllegalArgumentException(codec.describe(row, number - 1, work.partition()) + " "
                            + e.getMessage() + ". onBadRow(\"null\") gives such rows a null instead");
                }
                batch.addInvalid(codec.keep(row));
            }
        }
    }

    private void enqueue(Batch<T> batch) {
        if (batch.samples() == 0) {
            return;
        }
        long start = System.nanoTime();
        if (pass == null) {
            pass = opening.get();
        }
        try {
            batch.onDevice(pass.enqueue(batch.type(), batch.all()));
        } catch (ClException e) {
            computeInHalves(batch, 0, batch.samples(), e);
        }
        work.waited(System.nanoTime() - start);
    }

    /** Computes a batch in halves, one after the other, since the device has no memory for the whole. */
    private void computeInHalves(Batch<T> batch, int from, int to, ClException reason) {
        if (!reason.isOutOfMemory() || to - from < 2) {
            throw reason;
        }
        work.fellBack();
        pass.trim();
        int middle = from + (to - from) / 2;
        compute(batch, from, middle);
        compute(batch, middle, to);
    }

    private void compute(Batch<T> batch, int from, int to) {
        Tensor part;
        try {
            part = pass.enqueue(batch.type(), batch.part(from, to));
        } catch (ClException e) {
            computeInHalves(batch, from, to, e);
            return;
        }
        pass.finish(part, batch.part(from, to));
    }

    private void await(Batch<T> batch) {
        // On a device with memory of its own the samples are still here. A device that shares memory may have changed
        // some.
        boolean hasSamples = !batch.tensor().sharesHostMemory();
        try {
            pass.finish(batch.tensor(), batch.all());
        } catch (ClException e) {
            if (!hasSamples) {
                throw e;
            }
            computeInHalves(batch, 0, batch.samples(), e);
        }
        batch.onDevice(null);
    }

    private void finish(Batch<T> batch) {
        if (batch.tensor() != null) {
            long start = System.nanoTime();
            await(batch);
            work.waited(System.nanoTime() - start);
        }
        if (!batch.isEmpty()) {
            work.computed(pass == null ? null : pass.fingerprint(), batch.samples(), batch.invalid(), batch.bytes());
        }
    }

    /** False if the task has ended. */
    private synchronized boolean begin() {
        inUse = !closed;
        return inUse;
    }

    private synchronized void end() {
        inUse = false;
        if (closed) {
            release();
        }
    }

    /** Called when the task ends, early or not. If another thread is reading a row, that thread releases everything. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            if (!inUse) {
                release();
            }
        }
    }

    /** Memory that a device may still work on is left to the collector. */
    private void release() {
        emitted.release();
        computed.release();
        if (computed.tensor() != null) {
            computed.tensor().close();
        }
        if (pass != null) {
            pass.close();
        }
    }
}
