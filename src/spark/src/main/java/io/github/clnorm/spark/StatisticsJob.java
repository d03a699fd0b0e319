package io.github.clnorm.spark;

import io.github.clnorm.BatchNormSpec;
import io.github.clnorm.ChannelMoments;
import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** The statistics of the channels of a data set: on the driver, what the executors are asked for. Thread-safe. */
final class StatisticsJob {
    private static final String METHOD = "channelStatistics";
    /** The ordinal of the key in the rows that a job reads. */
    private static final int KEY = 1;

    private final SparkContext context;
    private final long channels;
    private final StatisticsOptions options;

    private StatisticsJob(SparkContext context, long channels, StatisticsOptions options) {
        if (channels < 1 || channels > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("Expected 1 to 2^31 - 1 channels, got " + channels);
        }
        this.context = context;
        this.channels = channels;
        this.options = Objects.requireNonNull(options, "options");
    }

    static ChannelStatistics ofColumn(Dataset<?> data, String column, long channels, StatisticsOptions options) {
        ColumnNames names = ColumnNames.of(SampleColumns.classic(data, METHOD));
        StatisticsJob job = new StatisticsJob(data.sparkSession().sparkContext(), channels, options);
        StructType schema = data.schema();
        StructField field = schema.fields()[names.ordinal(schema, METHOD, column)];
        SampleForm form = SampleColumns.form(METHOD, field.name(), field.dataType());
        StructField key = options.key() == null ? null : schema.fields()[names.ordinal(schema, "key", options.key())];
        Dataset<Row> rows =
                key == null ? data.select(named(field.name())) : data.select(named(field.name()), named(key.name()));
        RowPlace place = new RowPlace(field.name(), key, KEY);
        ElementType type = SampleColumns.largest(form, options.type());
        NormalizationRequest request =
                job.request(type, () -> FirstSample.of(rows, form, place, METHOD), form == SampleForm.NPY);
        if (request == null) {
            return job.nothing();
        }
        ColumnReader reader = new ColumnReader(0, form, request.shape(), options.type());
        return job.run(
                "column " + field.name(),
                SampleColumns.plan(SampleColumns.classic(rows, METHOD)).toJavaRDD(),
                request,
                () -> new ColumnSource(reader, place));
    }

    private static Column named(String column) {
        return functions.col("`" + column.replace("`", "``") + "`");
    }

    static ChannelStatistics ofSamples(JavaRDD<float[]> samples, long channels, StatisticsOptions options) {
        StatisticsJob job = new StatisticsJob(samples.context(), channels, options);
        if (options.type() != null && options.type() != ElementType.FLOAT32) {
            throw new IllegalArgumentException("elementType " + options.type()
                    + ": samples of an RDD are computed in float32. Use a data frame for another type");
        }
        NormalizationRequest request = job.request(ElementType.FLOAT32, () -> FirstSample.of(samples), false);
        return request == null
                ? job.nothing()
                : job.run("an RDD", samples, request, () -> new FloatsCodec(request.elements(), request.shape()));
    }

    /** What is asked of the executors; null if there are no samples, and no shape. */
    private NormalizationRequest request(ElementType type, Supplier<FirstSample> first, boolean hasShapes) {
        long[] shape = options.shape();
        if (shape == null) {
            if (options.onBadRow() == OnBadRow.NULL) {
                throw new IllegalStateException("onBadRow(\"null\") needs shape(…), the shape of one sample:"
                        + " the first row may be the bad one");
            }
            FirstSample sample = first.get();
            if (sample == null) {
                return null;
            }
            shape = hasShapes ? sample.shape() : divided(sample);
        }
        BatchNormSpec spec = NormSpec.batchNorm(channels).training(false);
        NormalizationRequest request = new NormalizationRequest(
                spec.layout(options.layout()), shape, options.batch(), options.batchBytes(), options.onBadRow());
        request.check(type);
        return request;
    }

    /** The shape of a sample without one. */
    private long[] divided(FirstSample sample) {
        long length = sample.shape()[0];
        if (length == 0 || length % channels != 0) {
            throw new IllegalArgumentException(sample.place() + " has " + length + " values, which do not divide into "
                    + channels + " channels: is the number of channels right?");
        }
        return options.layout() == Layout.CHANNELS_FIRST
                ? new long[] {channels, length / channels}
                : new long[] {length / channels, channels};
    }

    private ChannelStatistics nothing() {
        return new ChannelStatistics(ChannelMoments.none(channels), new Counters(context).report(), options.layout());
    }

    private <T> ChannelStatistics run(
            String what, JavaRDD<T> rows, NormalizationRequest request, MomentsTask.Sources<T> sources) {
        ExecutorBackends.closeWith(context);
        Counters counters = new Counters(context);
        MomentsTask<T> task = new MomentsTask<>(
                request, sources, (int) channels, counters, options.sameDevice() ? RequiredDevice.find(context) : null);
        byte[] total = JobDescription.during(
                context, "clnorm: statistics of " + channels + " channels of " + what, () -> sum(rows, task));
        return new ChannelStatistics(ChannelMoments.fromBytes(total), counters.report(), options.layout());
    }

    private <T> byte[] sum(JavaRDD<T> rows, MomentsTask<T> task) {
        return rows.mapPartitionsWithIndex(
                        (partition, part) ->
                                List.of(task.moments(part, partition)).iterator(),
                        false)
                .treeAggregate(ChannelMoments.none(channels).toBytes(), StatisticsJob::plus, StatisticsJob::plus);
    }

    private static byte[] plus(byte[] some, byte[] others) {
        return ChannelMoments.fromBytes(some)
                .plus(ChannelMoments.fromBytes(others))
                .toBytes();
    }
}
