package io.github.clnorm.spark;

import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Rows whose samples a device computes together, and memory for them. For one task; not thread-safe. */
final class Batch<T> {
    private static final int INVALID = -1;
    /** Reserved at once, unless the limits allow less. */
    private static final int FIRST_BYTES = 32 << 20;

    private record Row<T>(T kept, int sample) {}

    private final NormalizationRequest request;
    private final List<Row<T>> rows = new ArrayList<>();
    private ByteBuffer memory;
    private ElementType type;
    private int samples;
    /** On the device; null before and after. */
    private Tensor tensor;

    Batch(NormalizationRequest request) {
        this.request = request;
    }

    /** Whether a sample of a type may be added. */
    boolean takes(ElementType next) {
        return samples == 0 || type == next;
    }

    /** A row whose sample is added, and where to. The sample counts when {@link #addSample} is called. */
    ByteBuffer place(ElementType next) {
        if (samples == 0) {
            type = next;
        }
        reserve(Math.multiplyExact(samples + 1, sampleBytes()));
        return part(samples, samples + 1);
    }

    /** Makes the memory large enough for the samples, which may be far fewer than the limits allow. */
    private void reserve(int bytes) {
        int capacity = memory == null ? 0 : memory.capacity();
        if (bytes <= capacity) {
            return;
        }
        int full = Math.multiplyExact(request.samplesOf(type), sampleBytes());
        long wanted = Math.max(bytes, Math.max(FIRST_BYTES, 2L * capacity));
        ByteBuffer larger = HostBuffers.take((int) Math.min(full, wanted));
        if (samples == 0) {
            release();
        } else {
            // Left to the collector: a free list of all sizes on the way would hold as much again.
            larger.put(0, memory, 0, samples * sampleBytes());
        }
        memory = larger;
    }

    void addSample(T kept) {
        rows.add(new Row<>(kept, samples++));
    }

    void addInvalid(T kept) {
        rows.add(new Row<>(kept, INVALID));
    }

    boolean isFull() {
        return rows.size() >= request.batch() || samples > 0 && samples >= request.samplesOf(type);
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    int rows() {
        return rows.size();
    }

    int samples() {
        return samples;
    }

    int invalid() {
        return rows.size() - samples;
    }

    ElementType type() {
        return type;
    }

    T kept(int row) {
        return rows.get(row).kept;
    }

    /** The elements of a row's result; null for a row without a valid sample. */
    SampleCodec.Result result(int row) {
        int sample = rows.get(row).sample;
        return sample == INVALID ? null : new SampleCodec.Result(type, part(sample, sample + 1));
    }

    private int sampleBytes() {
        return request.elements() * type.bytes();
    }

    /** Some samples. */
    ByteBuffer part(int from, int to) {
        return memory.slice(from * sampleBytes(), (to - from) * sampleBytes()).order(ByteOrder.nativeOrder());
    }

    ByteBuffer all() {
        return part(0, samples);
    }

    long bytes() {
        return samples == 0 ? 0 : (long) samples * sampleBytes();
    }

    Tensor tensor() {
        return tensor;
    }

    void onDevice(Tensor batch) {
        tensor = batch;
    }

    void clear() {
        rows.clear();
        samples = 0;
    }

    /** Gives the memory back, unless a device may still work on it. */
    void release() {
        if (memory != null && tensor == null) {
            HostBuffers.give(memory);
        }
        memory = null;
    }
}
