package io.github.clnorm.spark;

/**
 * clnorm on Apache Spark: data sets that are normalized, and statistics of their channels, on the devices of the
 * executors.
 *
 * <p>A {@link io.github.clnorm.NormSpec} travels to the executors. Backends, layers and tensors never do: each executor
 * opens its own device when a task first needs it, shares it among its tasks, and closes it when it ends.
 *
 * <p>Thread-safe.
 */
public final class ClnormSpark {
    private ClnormSpark() {}
}
