package io.github.clnorm.tools.normalize;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Shapes;
import java.util.Iterator;
import java.util.stream.LongStream;

/**
 * Splits a request's samples into parts that fit on the device. An empty input is one part. Samples that are
 * large, and a large batch that belongs together, are one part too, which goes through the device {@linkplain #inPieces() in
 * pieces}.
 */
final class Parts implements Iterable<Parts.Part> {

    /**
     * Samples that are processed together.
     *
     * @param first the index of the first one
     * @param offset where its elements begin in the tensor
     * @param shape of all of them
     */
    record Part(long first, long offset, long... shape) {

        long elements() {
            return Shapes.elements(shape);
        }
    }

    /** Parts that are being read, computed and written at the same time. */
    static final int IN_FLIGHT = 3;

    // Smaller inputs are one part: overlapping would gain less than a process takes to start.
    private static final long LEAST_STREAMED = 64 << 20;
    // A part, if its samples are not larger. Also bounds the comparison of the first part with float64.
    private static final long STREAMED_ELEMENTS = 1 << 21;
    private static final long STREAMED_BYTES = 16 << 20;
    // Parts in flight, of all tensors.
    private static final long MOST_IN_FLIGHT = 96 << 20;

    private final Request request;
    private final int tensors;
    private final long atOnce;
    private final boolean pieces;

    /**
     * Parts that are streamed if the input is large.
     *
     * @param tensors number of tensors of the input's size that the device has to hold at once
     * @param divisible whether samples can be computed separately
     */
    Parts(Request request, DeviceInfo device, int tensors, boolean divisible) {
        this(request, device, tensors, divisible, divisible);
    }

    private Parts(Request request, DeviceInfo device, int tensors, boolean divisible, boolean streamed) {
        this.request = request;
        this.tensors = tensors;
        // Half of the memory: the driver and other programs need some.
        long limit = Math.min(device.maxBuffer(), device.globalMemory() / 2 / tensors);
        long samples = Math.max(1, request.samples());
        long bytes = Shapes.elements(request.shape) * request.type.bytes();
        long together = divisible ? bytes / samples : bytes;
        // A scale and a shift take whole samples, also if reading them could overlap with the device's work.
        this.pieces = together > (request.isModulated() ? limit : Math.min(limit, LEAST_STREAMED));
        long most = pieces || bytes <= limit ? samples : limit / together;
        this.atOnce = streamed && !pieces ? streamed(most) : most;
    }

    /** The fewest parts that fit on the device. */
    static Parts few(Request request, DeviceInfo device, int tensors, boolean divisible) {
        return new Parts(request, device, tensors, divisible, false);
    }

    /** Whether one sample, or a batch that belongs together, is too large for the device, or large enough for reading to overlap. */
    boolean inPieces() {
        return pieces;
    }

    /** Rejects samples with a scale and a shift of their own that do not fit on the device. */
    void requireWholeSamples() {
        if (pieces && request.isModulated()) {
            throw new IllegalArgumentException(request.input + ": a sample of "
                    + Shapes.elements(request.shape) / Math.max(1, request.samples()) * request.type.bytes()
                    + " bytes goes through the device in pieces, which take no --scale and --shift; expected smaller"
                    + " samples");
        }
    }

    /** A number of samples that keeps parts in flight small, and divides the batch if one does: equal parts share a plan. */
    private long streamed(long most) {
        long samples = request.samples();
        long bytes = Shapes.elements(request.shape) * request.type.bytes();
        if (bytes < LEAST_STREAMED) {
            return most;
        }
        long ofSample = bytes / samples;
        long wanted = Math.min(STREAMED_BYTES / tensors, STREAMED_ELEMENTS * request.type.bytes());
        long some = Math.max(1, Math.min(most, wanted / ofSample));
        for (long divisor = some; divisor > some / 2; divisor--) {
            if (samples % divisor == 0) {
                return divisor;
            }
        }
        return some;
    }

    /** Whether there are several parts, and host memory for those in flight. */
    boolean areStreamed() {
        return count() > 1
                && largestBytes() * tensors * IN_FLIGHT
                        <= Math.min(MOST_IN_FLIGHT, Runtime.getRuntime().maxMemory() / 2);
    }

    /** The bytes of a tensor of the largest part. */
    long largestBytes() {
        return part(0).elements() * request.type.bytes();
    }

    @Override
    public Iterator<Part> iterator() {
        return LongStream.range(0, count()).mapToObj(this::part).iterator();
    }

    /** The number of parts. */
    long count() {
        long samples = request.samples();
        return Math.max(1, samples / atOnce + (samples % atOnce == 0 ? 0 : 1));
    }

    Part part(long index) {
        long samples = request.samples();
        long first = index * atOnce;
        long offset = samples == 0 ? 0 : first * (Shapes.elements(request.shape) / samples);
        return new Part(first, offset, request.shapeOf(Math.min(atOnce, samples - first)));
    }
}
