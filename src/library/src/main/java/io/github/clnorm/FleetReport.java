package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What each device of a fleet did in a pass.
 *
 * <p>Immutable and thread-safe.
 */
public final class FleetReport {

    private static final int RANGES_SHOWN = 4;

    private final long samples;
    private final long nanoseconds;
    private final List<Device> devices;
    private final List<Recomputed> recomputed;
    private final List<String> notOpened;
    private final TrackedStatistics tracked;

    FleetReport(
            long samples, long nanoseconds, List<Device> devices, List<Recomputed> recomputed, List<String> notOpened) {
        this(samples, nanoseconds, devices, recomputed, notOpened, null);
    }

    private FleetReport(
            long samples,
            long nanoseconds,
            List<Device> devices,
            List<Recomputed> recomputed,
            List<String> notOpened,
            TrackedStatistics tracked) {
        this.samples = samples;
        this.nanoseconds = nanoseconds;
        this.devices = List.copyOf(devices);
        this.recomputed = List.copyOf(recomputed);
        this.notOpened = List.copyOf(notOpened);
        this.tracked = tracked;
    }

    FleetReport with(TrackedStatistics statistics) {
        return new FleetReport(samples, nanoseconds, devices, recomputed, notOpened, statistics);
    }

    /**
     * Samples that follow each other.
     *
     * @param from the index of the first one
     * @param to the index after the last one
     */
    public record Range(long from, long to) {

        /**
         * How many there are.
         *
         * @return a number of samples
         */
        public long count() {
            return to - from;
        }

        @Override
        public String toString() {
            return count() == 1 ? Long.toString(from) : from + "-" + (to - 1);
        }
    }

    /**
     * What a device did.
     *
     * @param description its name, platform and driver
     * @param weight its share of the samples before rounding to whole pieces or sections; 0 for a device that cannot do the work,
     *     has failed before or does not pay
     * @param ranges the samples that it computed, in order; none in a pass whose samples several devices share
     * @param elements of the result that it computed; of the input if only gradients of parameters are wanted
     * @param bytes size of these elements in all tensors of the pass: input, residual and gradient of the output, target and sum
     * @param nanoseconds from the begin of its first piece to the end of its last one; 0 if it computed none
     * @param leftOut why it was given nothing to compute, for example a share of less than a piece or section; empty if it was
     * @param failure why it was taken out during the pass; empty if it was not
     */
    public record Device(
            String description,
            double weight,
            List<Range> ranges,
            long elements,
            long bytes,
            long nanoseconds,
            String leftOut,
            String failure) {

        /**
         * How many samples it computed.
         *
         * @return a number of samples
         */
        public long samples() {
            return ranges.stream().mapToLong(Range::count).sum();
        }
    }

    /**
     * Samples of a device that failed.
     *
     * @param range the samples
     * @param from index of the device that failed
     * @param by index of the device that computed them
     */
    public record Recomputed(Range range, int from, int by) {}

    /**
     * The devices, in the order of {@link Fleet#backends()}.
     *
     * @return one for each
     */
    public List<Device> devices() {
        return devices;
    }

    /**
     * The samples that other devices computed in place of one that failed.
     *
     * @return in the order of the samples; empty if none failed
     */
    public List<Recomputed> recomputed() {
        return recomputed;
    }

    /**
     * The running statistics after a batch in training: those of the spec, updated as a layer on one device does it, with the same
     * bits on devices of one name and driver. {@link NormSpec#runningStatistics(TrackedStatistics)} takes them for the next batch.
     *
     * @return the statistics; null unless the spec tracks them and is in training
     */
    public TrackedStatistics runningStatistics() {
        return tracked;
    }

    /**
     * The number of samples or rows of the tensor.
     *
     * @return all of them were computed
     */
    public long samples() {
        return samples;
    }

    /**
     * The time of the pass, from the first transfer to the last one.
     *
     * @return nanoseconds
     */
    public long nanoseconds() {
        return nanoseconds;
    }

    /**
     * Which device computed a sample.
     *
     * @param sample its index
     * @return index of the device in {@link #devices()}
     * @throws IndexOutOfBoundsException if there is no such sample, or the pass went in sections, in which the devices share
     *     every sample: with batch_norm in training, with a residual, and with samples of more than 64 MB
     */
    public int deviceOf(long sample) {
        for (int device = 0; device < devices.size(); device++) {
            for (Range range : devices.get(device).ranges) {
                if (sample >= range.from && sample < range.to) {
                    return device;
                }
            }
        }
        throw new IndexOutOfBoundsException(
                sample >= 0 && sample < samples
                        ? "no device alone computed sample " + sample
                                + ": the pass went in sections, in which the devices shared every sample"
                        : "sample " + sample + " of " + samples);
    }

    /**
     * The shares of the devices, which were left out or failed, and why.
     *
     * @return a line for each device
     */
    public String explain() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < devices.size(); i++) {
            text.append(line(devices.get(i))).append('\n');
        }
        for (Recomputed part : recomputed) {
            text.append("samples ")
                    .append(part.range)
                    .append(" of ")
                    .append(devices.get(part.from).description)
                    .append(" were computed by ")
                    .append(devices.get(part.by).description)
                    .append('\n');
        }
        notOpened.forEach(problem -> text.append("not opened: ").append(problem).append('\n'));
        return text.toString();
    }

    private static String line(Device device) {
        StringBuilder text = new StringBuilder(device.description).append(": ");
        if (!device.leftOut.isEmpty()) {
            text.append("left out: ").append(device.leftOut);
        } else {
            text.append(String.format(Locale.ROOT, "weight %.3f, ", device.weight));
        }
        if (device.leftOut.isEmpty() || device.elements > 0) {
            text.append(device.leftOut.isEmpty() ? "" : "; ")
                    .append(
                            device.ranges.isEmpty()
                                    ? Shapes.count(device.elements, "element")
                                    : Shapes.count(device.samples(), "sample") + ranges(device.ranges))
                    .append(String.format(Locale.ROOT, ", %.3f ms", device.nanoseconds / 1e6));
        }
        return text.append(device.failure.isEmpty() ? "" : "; failed: " + device.failure)
                .toString();
    }

    private static String ranges(List<Range> ranges) {
        List<String> shown = new ArrayList<>();
        ranges.stream().limit(RANGES_SHOWN).forEach(range -> shown.add(range.toString()));
        return " (" + String.join(", ", shown) + (ranges.size() > RANGES_SHOWN ? ", …" : "") + ")";
    }

    @Override
    public String toString() {
        return explain();
    }
}
