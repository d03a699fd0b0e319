package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;
import java.util.Objects;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;

/**
 * The normalization of an RDD of samples in float32.
 *
 * <pre>{@code
 * NormalizedSamples result = ClnormSpark.normalize(samples, NormSpec.groupNorm(32, 320)).shape(320, 64, 64).normalized();
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class SampleNormalization extends Settings<SampleNormalization> {
    private final JavaRDD<float[]> samples;

    SampleNormalization(JavaRDD<float[]> samples, NormSpec spec) {
        super(spec);
        this.samples = Objects.requireNonNull(samples, "samples");
    }

    @Override
    SampleNormalization self() {
        return this;
    }

    /**
     * Checks everything that needs no device, and makes the RDD of the results. Like other transformations it is lazy:
     * actions compute.
     *
     * @return the RDD and its report
     * @throws IllegalArgumentException if the channels do not fit the spec, or a result depends on the batch
     * @throws IllegalStateException if the shape is missing
     */
    public NormalizedSamples normalized() {
        NormalizationRequest request = request();
        request.check(ElementType.FLOAT32);
        SparkContext context = samples.context();
        Counters counters = new Counters(context);
        NormalizationTask<float[], float[]> task =
                task(request, () -> new FloatsCodec(request.elements(), request.shape()), counters);
        return new NormalizedSamples(
                new NormalizedRdd<>(context, float[].class, samples::rdd, task).toJavaRDD(), counters);
    }
}
