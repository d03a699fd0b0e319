package io.github.clnorm.spark;

import io.github.clnorm.Fingerprint;
import java.io.Serializable;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/** The accumulators of one normalization. The named ones are in Spark's UI, at each stage and task. Thread-safe. */
final class Counters implements Serializable {
    private static final long serialVersionUID = 1;

    private final LongAccumulator samples;
    private final LongAccumulator bytes;
    private final LongAccumulator microseconds;
    private final LongAccumulator fallbacks;
    private final PartitionCounts partitions = new PartitionCounts();

    Counters(SparkContext context) {
        samples = context.longAccumulator("clnorm: samples");
        bytes = context.longAccumulator("clnorm: bytes");
        microseconds = context.longAccumulator("clnorm: µs on the device");
        fallbacks = context.longAccumulator("clnorm: fallbacks");
        context.register(partitions);
    }

    NormalizationReport report() {
        Map<Fingerprint, Long> byDevice = new TreeMap<>(Comparator.comparing(Fingerprint::toString));
        long invalid = 0;
        for (PartitionCount count : partitions.value().values()) {
            if (count.samples() > 0) {
                byDevice.merge(count.device(), count.samples(), Long::sum);
            }
            invalid += count.invalid();
        }
        return new NormalizationReport(byDevice, invalid, bytes.sum(), microseconds.sum(), fallbacks.sum());
    }

    /** The work of a task on a partition. */
    PartitionWork of(int partition) {
        return new Work(partition);
    }

    private final class Work implements PartitionWork {
        private final int partition;
        private PartitionCount count = PartitionCount.NONE;

        Work(int partition) {
            this.partition = partition;
            partitions.add(Map.entry(partition, count));
        }

        @Override
        public int partition() {
            return partition;
        }

        @Override
        public void waited(long nanoseconds) {
            microseconds.add(nanoseconds / 1000);
            ExecutorMetrics.MICROSECONDS.add(nanoseconds / 1000);
        }

        @Override
        public void fellBack() {
            fallbacks.add(1L);
            ExecutorMetrics.FALLBACKS.increment();
        }

        @Override
        public void computed(Fingerprint device, int some, int invalid, long size) {
            count = count.plus(device, some, invalid);
            partitions.add(Map.entry(partition, count));
            samples.add((long) some);
            bytes.add(size);
            ExecutorMetrics.SAMPLES.add(some);
            ExecutorMetrics.BYTES.add(size);
        }

        @Override
        public void ended() {
            count = count.ofAllRows();
            partitions.add(Map.entry(partition, count));
        }
    }
}
