package io.github.clnorm.spark;

import org.apache.spark.api.java.JavaRDD;

/** An RDD of normalized samples, and the report of what was computed for it. Thread-safe. */
public final class NormalizedSamples {
    private final JavaRDD<float[]> samples;
    private final Counters counters;

    NormalizedSamples(JavaRDD<float[]> samples, Counters counters) {
        this.samples = samples;
        this.counters = counters;
    }

    /**
     * The results, in the order of the samples; null for an invalid sample if {@code onBadRow("null")} was set. Lazy: each
     * action computes what it needs, unless the RDD is persisted.
     *
     * @return the RDD
     */
    public JavaRDD<float[]> samples() {
        return samples;
    }

    /**
     * What the actions have computed until now.
     *
     * @return the report; empty before the first action
     */
    public NormalizationReport report() {
        return counters.report();
    }
}
