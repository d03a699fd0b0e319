package io.github.clnorm.tools.normalize;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Shapes;
import java.util.Iterator;
import java.util.stream.LongStream;

/** Splits a request's samples into parts that fit on the device. An empty input is one part. */
final class Parts implements Iterable<Parts.Part> {

    /**
     * Samples that are processed together.
     *
     * @param first the index of the first one
     * @param offset where its elements begin in the tensor
     * @param shape of all of them
     */
    record Part(long first, long offset, long... shape) {}

    private final Request request;
    private final long atOnce;

    /**
     * Rejects a request that cannot fit.
     *
     * @param tensors number of tensors of the input's size that the device has to hold at once
     * @param divisible whether samples can be computed separately
     */
    Parts(Request request, DeviceInfo device, int tensors, boolean divisible) {
        this.request = request;
        this.atOnce = atOnce(request, device, tensors, divisible);
    }

    private static long atOnce(Request request, DeviceInfo device, int tensors, boolean divisible) {
        long samples = request.samples();
        long bytes = Shapes.elements(request.shape) * request.type.bytes();
        // Half of the memory: the driver and other programs need some.
        long limit = Math.min(device.maxBuffer(), device.globalMemory() / 2 / tensors);
        if (bytes <= limit || bytes <= device.maxBuffer() && !divisible) {
            return Math.max(1, samples);
        }
        long ofSample = bytes / samples;
        if (!divisible || ofSample > device.maxBuffer()) {
            throw new IllegalArgumentException(request.input + ": "
                    + (divisible
                            ? "one sample takes " + ofSample
                            : "statistics of the whole batch need all of it at once, which takes " + bytes)
                    + " bytes, more than the largest buffer of " + device.description() + ": " + device.maxBuffer()
                    + " bytes");
        }
        return Math.max(1, limit / ofSample);
    }

    @Override
    public Iterator<Part> iterator() {
        long samples = request.samples();
        long count = Math.max(1, samples / atOnce + (samples % atOnce == 0 ? 0 : 1));
        return LongStream.range(0, count).mapToObj(this::part).iterator();
    }

    private Part part(long index) {
        long samples = request.samples();
        long first = index * atOnce;
        long offset = samples == 0 ? 0 : first * (Shapes.elements(request.shape) / samples);
        return new Part(first, offset, request.shapeOf(Math.min(atOnce, samples - first)));
    }
}
