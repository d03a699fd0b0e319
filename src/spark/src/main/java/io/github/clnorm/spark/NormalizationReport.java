package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was computed, and by which devices.
 *
 * <p>{@code samples} and {@code invalidRows} count each partition once, by the latest task that computed all its rows: they are
 * exact also if tasks failed, were repeated, or several actions used the data. Until there is one, the task counts that
 * computed most rows: an action that needs a part of the rows, such as {@code show()}, computes a part. If speculative copies of
 * a task run on unlike devices, the count may name the one whose result was dropped. The other numbers add up what all tasks that succeeded did.
 *
 * <p>Immutable and thread-safe.
 *
 * @param samples the number of samples that each device computed
 * @param invalidRows rows without a valid sample, which got null
 * @param bytes values that devices normalized
 * @param deviceMicroseconds the time that tasks spent enqueueing on the device and waiting for it, in µs. Rows are read
 *     while the device computes, so that it may be busy for longer
 * @param fallbacks batches that were computed in halves, because the device had no memory for the whole
 */
public record NormalizationReport(
        Map<Fingerprint, Long> samples, long invalidRows, long bytes, long deviceMicroseconds, long fallbacks) {

    /**
     * Copies the map.
     *
     * @param samples in the order that {@link #explain()} prints
     * @param invalidRows 0 or more
     * @param bytes 0 or more
     * @param deviceMicroseconds 0 or more
     * @param fallbacks 0 or more
     */
    public NormalizationReport {
        samples = Collections.unmodifiableMap(new LinkedHashMap<>(samples));
    }

    /**
     * The number of samples with a result.
     *
     * @return a count
     */
    public long allSamples() {
        return samples.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * The report as text.
     *
     * @return a line for each device, and one for everything else
     */
    public String explain() {
        StringBuilder text = new StringBuilder();
        samples.forEach((device, count) -> text.append(count)
                .append(count == 1 ? " sample" : " samples")
                .append(" by ")
                .append(device)
                .append('\n'));
        return text.append(invalidRows)
                .append(" invalid rows, ")
                .append(bytes)
                .append(" bytes, ")
                .append(deviceMicroseconds)
                .append(" µs on devices, ")
                .append(fallbacks)
                .append(" fallbacks\n")
                .toString();
    }
}
