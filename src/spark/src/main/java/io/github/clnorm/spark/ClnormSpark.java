package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import io.github.clnorm.StatisticsExchange;
import java.time.Duration;
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
     * @return the normalization without its input, shape and output, which the caller sets next
     */
    public static RowNormalization normalize(Dataset<?> data, NormSpec spec) {
        return new RowNormalization(Objects.requireNonNull(data, "data"), spec);
    }

    /**
     * Normalizes the samples of an RDD.
     *
     * @param samples the elements of each, the last dimension fastest
     * @param spec the normalization. One whose results depend on the batch, {@code batch_norm} in training, is rejected
     * @return the normalization without its shape, which the caller sets next
     */
    public static SampleNormalization normalize(JavaRDD<float[]> samples, NormSpec spec) {
        return new SampleNormalization(samples, spec);
    }

    /**
     * The statistics of the channels of all samples of a column: for batch_norm in evaluation as a second pass. Runs jobs.
     *
     * <p>Samples have the shape {@code (channels, length / channels)}, with the length of the first one. They are read,
     * and computed in the types, as by {@link #normalize(Dataset, NormSpec)}. A row that is null, has a null among its
     * values, or another length fails the job: Spark throws a SparkException, which names the row.
     *
     * @param data a data frame whose rows are samples
     * @param column with the samples
     * @param channels C
     * @return count, mean and variance of each channel, the same bits for each number of partitions and order of rows
     * @throws IllegalArgumentException if the column does not exist or has another type, the data is a stream, or the
     *     channels do not divide the length
     */
    public static ChannelStatistics channelStatistics(Dataset<?> data, String column, long channels) {
        return channelStatistics(data, column, channels, StatisticsOptions.DEFAULTS);
    }

    /**
     * The statistics of the channels of all samples of a column, with options. Runs jobs.
     *
     * @param data a data frame whose rows are samples
     * @param column with the samples
     * @param channels C
     * @param options shape, layout, and what happens to rows without a valid sample
     * @return count, mean and variance of each channel
     * @throws IllegalArgumentException as without options, or if the shape does not have the channels
     * @throws IllegalStateException if bad rows are left out and the options have no shape
     */
    public static ChannelStatistics channelStatistics(
            Dataset<?> data, String column, long channels, StatisticsOptions options) {
        return StatisticsJob.ofColumn(
                Objects.requireNonNull(data, "data"), Objects.requireNonNull(column, "column"), channels, options);
    }

    /**
     * The statistics of the channels of all samples of an RDD, of shape {@code (channels, length / channels)}, with the
     * length of the first one. Runs jobs.
     *
     * @param samples the elements of each, the last dimension fastest
     * @param channels C
     * @return count, mean and variance of each channel, the same bits for each number of partitions and order
     * @throws IllegalArgumentException if the channels do not divide the length
     */
    public static ChannelStatistics channelStatistics(JavaRDD<float[]> samples, long channels) {
        return channelStatistics(samples, channels, StatisticsOptions.DEFAULTS);
    }

    /**
     * The statistics of the channels of all samples of an RDD, with options. Runs jobs.
     *
     * @param samples the elements of each, the last dimension fastest
     * @param channels C
     * @param options shape, layout, and what happens to samples that are not valid
     * @return count, mean and variance of each channel
     * @throws IllegalArgumentException if the shape does not have the channels
     * @throws IllegalStateException if bad samples are left out and the options have no shape
     */
    public static ChannelStatistics channelStatistics(
            JavaRDD<float[]> samples, long channels, StatisticsOptions options) {
        return StatisticsJob.ofSamples(Objects.requireNonNull(samples, "samples"), channels, options);
    }

    /**
     * Runs a function on all partitions at the same time, each with its exchange of statistics: for synchronized
     * batch_norm in training.
     *
     * <pre>{@code
     * JavaRDD<float[]> gradients = ClnormSpark.mapPartitionsTogether(batches, (rows, exchange) -> {
     *     try (Backend backend = Backend.open();
     *             SyncBatchNorm layer = SyncBatchNorm.of(backend, 64, exchange)) {
     *         return train(layer, rows);
     *     }
     * });
     * }</pre>
     *
     * <p>It is a barrier stage. Spark needs a free core, and a GPU if tasks ask for one, for each partition. If the cluster
     * has fewer, the job fails after 10 minutes with "requires more slots than the total number of slots in the cluster
     * currently": use {@code rdd.repartition(slots)}. With dynamic allocation it fails at once: set
     * {@code spark.dynamicAllocation.enabled} to false. If a task fails or an executor is lost, Spark cancels all tasks
     * of the stage. It repeats the stage if a shuffle follows, such as {@code repartition}, and fails the job otherwise.
     *
     * @param rdd the partitions
     * @param function of the rows of a partition and the task's exchange, which waits up to {@link
     *     StatisticsExchange#DEFAULT_TIMEOUT} for the others
     * @param <T> type of the rows
     * @param <R> type of the results
     * @return the results, lazily computed
     */
    public static <T, R> JavaRDD<R> mapPartitionsTogether(JavaRDD<T> rdd, BarrierFunction<T, R> function) {
        return mapPartitionsTogether(rdd, StatisticsExchange.DEFAULT_TIMEOUT, function);
    }

    /**
     * Runs a function on all partitions at the same time, each with its exchange of statistics.
     *
     * @param rdd the partitions
     * @param timeout how long a call of an exchange waits for the other tasks
     * @param function of the rows of a partition and the task's exchange
     * @param <T> type of the rows
     * @param <R> type of the results
     * @return the results, lazily computed
     * @throws IllegalArgumentException if the time is not positive
     */
    public static <T, R> JavaRDD<R> mapPartitionsTogether(
            JavaRDD<T> rdd, Duration timeout, BarrierFunction<T, R> function) {
        Objects.requireNonNull(rdd, "rdd");
        Objects.requireNonNull(function, "function");
        BarrierExchange.requirePositive(timeout);
        return BarrierStage.mapPartitions(rdd, rows -> function.call(rows, BarrierExchange.ofTask(timeout)));
    }
}
