package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import java.util.Objects;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;

/**
 * clnorm on Apache Spark: data sets that are normalized, and statistics of their channels, on the devices of the
 * executors.
 *
 * <p>A {@link NormSpec} travels to the executors. Backends, layers and tensors never do: each executor opens its own
 * device when a task first needs it, shares it among its tasks, and closes it when it ends.
 *
 * <p>Thread-safe.
 */
public final class ClnormSpark {
    private ClnormSpark() {}

    /**
     * Normalizes the samples of a column.
     *
     * @param data a data frame whose rows are samples
     * @param spec the normalization. One whose results depend on the batch, {@code batch_norm} in training, is rejected
     * @return what is left to say: input, shape and output
     */
    public static RowNormalization normalize(Dataset<?> data, NormSpec spec) {
        return new RowNormalization(Objects.requireNonNull(data, "data"), spec);
    }

    /**
     * Normalizes the samples of an RDD.
     *
     * @param samples the elements of each, the last dimension fastest
     * @param spec the normalization. One whose results depend on the batch, {@code batch_norm} in training, is rejected
     * @return what is left to say: the shape
     */
    public static SampleNormalization normalize(JavaRDD<float[]> samples, NormSpec spec) {
        return new SampleNormalization(samples, spec);
    }
}
