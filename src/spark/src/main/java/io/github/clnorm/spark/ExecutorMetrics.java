package io.github.clnorm.spark;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.concurrent.atomic.LongAdder;

/** What this process has computed since it started. Thread-safe. */
final class ExecutorMetrics {
    static final LongAdder SAMPLES = new LongAdder();
    static final LongAdder BYTES = new LongAdder();
    static final LongAdder MICROSECONDS = new LongAdder();
    static final LongAdder FALLBACKS = new LongAdder();

    private ExecutorMetrics() {}

    static void register(MetricRegistry registry) {
        registry.register("samples", (Gauge<Long>) SAMPLES::sum);
        registry.register("bytes", (Gauge<Long>) BYTES::sum);
        registry.register("deviceMicroseconds", (Gauge<Long>) MICROSECONDS::sum);
        registry.register("fallbacks", (Gauge<Long>) FALLBACKS::sum);
        registry.register("openDevices", (Gauge<Integer>) ExecutorBackends::open);
    }
}
