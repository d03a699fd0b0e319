package io.github.clnorm.spark;

import io.github.clnorm.NormSpec;
import io.github.clnorm.type.ElementType;
import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * What is asked of the executors. Immutable.
 *
 * @param spec the normalization
 * @param shape of a sample
 * @param batch the most samples that a device gets at once
 * @param batchBytes the most bytes that it gets at once, unless one sample has more
 * @param onBadRow what happens to a row without a valid sample
 */
record NormalizationRequest(NormSpec spec, long[] shape, int batch, long batchBytes, OnBadRow onBadRow)
        implements Serializable {
    /** The most bytes of the values of one row: Spark's rows and Java's arrays end here. */
    private static final long MOST_BYTES = Integer.MAX_VALUE - (1 << 20);

    /**
     * Checks what needs no device.
     *
     * @param type of the largest elements of the input
     * @throws IllegalArgumentException if the spec does not fit
     */
    void check(ElementType type) {
        if (shape == null) {
            throw new IllegalStateException("shape(…) is missing: the shape of one sample, such as shape(320, 64, 64)");
        }
        long elements = 1;
        for (long dimension : shape) {
            if (dimension < 1) {
                throw new IllegalArgumentException("shape " + Arrays.toString(shape)
                        + ": expected dimensions of 1 or more, since a sample without elements has no statistics");
            }
            elements = elements > MOST_BYTES / dimension ? Long.MAX_VALUE : elements * dimension;
        }
        if (elements > MOST_BYTES / type.bytes()) {
            throw new IllegalArgumentException("a " + type + " sample of shape " + Arrays.toString(shape)
                    + " takes more than " + MOST_BYTES + " bytes, the most that a row holds");
        }
        if (!spec.samplesAreIndependent()) {
            throw new IllegalArgumentException(
                    spec + " normalizes by the statistics of a whole batch, and partitions and"
                            + " batches of a data set are accidental. Compute the statistics of the data set by"
                            + " ClnormSpark.channelStatistics(…), and normalize with its batchNorm()");
        }
        spec.requireFits(type, batchOf(1));
    }

    int elements() {
        return (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    /** The shape of some samples. */
    long[] batchOf(int samples) {
        return LongStream.concat(LongStream.of(samples), Arrays.stream(shape)).toArray();
    }

    /** The most samples of a type in a batch. */
    int samplesOf(ElementType type) {
        long fit = batchBytes / ((long) elements() * type.bytes());
        return (int) Math.max(1, Math.min(batch, fit));
    }
}
