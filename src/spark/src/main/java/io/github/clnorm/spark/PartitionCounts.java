package io.github.clnorm.spark;

import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.util.AccumulatorV2;

/**
 * Counts for each partition: one that is computed again, by a retry or a second action, counts once. Of several tasks the one
 * counts that {@link PartitionCount#or} selects. Spark adds the values of successful tasks only. Thread-safe.
 */
final class PartitionCounts extends AccumulatorV2<Map.Entry<Integer, PartitionCount>, Map<Integer, PartitionCount>> {
    private static final long serialVersionUID = 1;

    private final TreeMap<Integer, PartitionCount> counts = new TreeMap<>();

    @Override
    public boolean isZero() {
        synchronized (counts) {
            return counts.isEmpty();
        }
    }

    @Override
    public PartitionCounts copy() {
        PartitionCounts copy = new PartitionCounts();
        copy.counts.putAll(value());
        return copy;
    }

    @Override
    public void reset() {
        synchronized (counts) {
            counts.clear();
        }
    }

    @Override
    public void add(Map.Entry<Integer, PartitionCount> entry) {
        synchronized (counts) {
            counts.put(entry.getKey(), entry.getValue());
        }
    }

    @Override
    public void merge(AccumulatorV2<Map.Entry<Integer, PartitionCount>, Map<Integer, PartitionCount>> other) {
        Map<Integer, PartitionCount> later = other.value();
        synchronized (counts) {
            later.forEach((partition, count) -> counts.merge(partition, count, PartitionCount::or));
        }
    }

    /** A copy. */
    @Override
    public Map<Integer, PartitionCount> value() {
        synchronized (counts) {
            return new TreeMap<>(counts);
        }
    }
}
