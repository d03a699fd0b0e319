package io.github.clnorm;

import io.github.clnorm.internal.exact.CountedSums;
import io.github.clnorm.internal.exact.ExactSums;
import io.github.clnorm.internal.exact.Fraction;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.math.BigInteger;
import java.util.Objects;

/**
 * The moments of the channels of a batch, which can be added without rounding: {@link Functional#channelMoments}.
 *
 * <p>A device computes mean and variance of each sample and channel, whose bits do not depend on the rest of the batch.
 * This object has the exact sums of n · mean, n · mean² and n · variance over the samples, with n elements in a sample's
 * channel. {@link #plus} adds them exactly, so a result has the same bits for each order of the additions and each
 * division of a batch into parts. {@link #mean} and {@link #variance} round once.
 *
 * <p>A channel takes 50 to 80 bytes if means and variances are between 1e-3 and 1e3, and at most 1128: as many limbs of
 * 64 bits as the largest and the smallest value of all channels need. Two objects are equal if counts and sums are. Serialization is compact, has a version and a checksum, and rejects what is
 * not valid. {@link #toBytes} gives the same bytes without Java's serialization.
 *
 * <p>Immutable and thread-safe.
 */
public final class ChannelMoments implements Serializable {

    private static final long serialVersionUID = 1;

    private static final char KIND = 'm';
    private static final int MEANS = 0;
    private static final int SQUARES = 1;
    private static final int DEVIATIONS = 2;
    private static final int QUANTITIES = 3;

    /**
     * The sums. Java's serialization writes the stored form in place of this object. Kryo does not, and copies all fields
     * that are not transient.
     */
    @SuppressWarnings("serial")
    private final CountedSums sums;

    private ChannelMoments(CountedSums sums) {
        this.sums = sums;
    }

    /**
     * The moments of no elements: the neutral element of {@link #plus}.
     *
     * @param channels C, 0 or more
     * @return count 0, and NaN as mean and variance
     * @throws IllegalArgumentException if it is negative or above 2<sup>31</sup> - 1
     */
    public static ChannelMoments none(long channels) {
        return new ChannelMoments(CountedSums.none(StoredSums.channels(channels), QUANTITIES));
    }

    /**
     * The moments of sets, with sample after sample and the channels of a sample side by side.
     *
     * @param channels C
     * @param setSize elements of a set
     * @param mean high part of the mean of each set
     * @param meanLo low part
     * @param variance biased
     */
    static ChannelMoments of(int channels, long setSize, double[] mean, double[] meanLo, double[] variance) {
        return new ChannelMoments(MomentSums.of(channels, setSize, mean, meanLo, variance));
    }

    /**
     * The number of channels.
     *
     * @return C
     */
    public int channels() {
        return sums.channels();
    }

    /**
     * The number of elements of each channel.
     *
     * @return 0 for none
     */
    public long count() {
        return sums.count();
    }

    /**
     * The moments of the elements of both, without rounding.
     *
     * @param other of as many channels
     * @return the sum
     * @throws IllegalArgumentException if the numbers of channels differ, or a channel has more than 2<sup>63</sup> - 1
     *     elements
     */
    public ChannelMoments plus(ChannelMoments other) {
        return new ChannelMoments(sums.plus(other.sums));
    }

    /**
     * The mean of each channel: the exact sum divided by the count, rounded once.
     *
     * @return C values; NaN without elements. An infinite or NaN element gives the mean that IEEE arithmetic gives
     */
    public double[] mean() {
        ExactSums means = sums.quantity(MEANS);
        BigInteger count = BigInteger.valueOf(count());
        double[] result = new double[channels()];
        for (int channel = 0; channel < result.length; channel++) {
            result[channel] = ratio(means, channel, count);
        }
        return result;
    }

    private double ratio(ExactSums numerators, int channel, BigInteger count) {
        if (count.signum() == 0) {
            return Double.NaN;
        }
        double notFinite = numerators.notFinite(channel);
        return notFinite != 0
                ? notFinite
                : Fraction.toDouble(numerators.toInteger(channel), count, numerators.exponent());
    }

    /**
     * What is missing from approximations of the means: mean - approximation, rounded once.
     *
     * @param approximation one value for each channel; where it is not finite, the result is 0
     */
    double[] meanMinus(double... approximation) {
        ExactSums rest = sums.quantity(MEANS).copy();
        BigInteger count = BigInteger.valueOf(count());
        double[] result = new double[channels()];
        for (int channel = 0; channel < result.length; channel++) {
            if (Double.isFinite(approximation[channel]) && rest.notFinite(channel) == 0) {
                rest.addProduct(channel, count(), -approximation[channel]);
                result[channel] = ratio(rest, channel, count);
            }
        }
        return result;
    }

    /**
     * The biased variance of each channel, rounded once from the exact sums.
     *
     * @return C values, 0 or more; NaN without elements, and if a mean is not finite
     */
    public double[] variance() {
        BigInteger count = BigInteger.valueOf(count());
        double[] result = new double[channels()];
        for (int channel = 0; channel < result.length; channel++) {
            result[channel] = variance(channel, count);
        }
        return result;
    }

    /** (count · (Σ n · variance + Σ n · mean²) - (Σ n · mean)²) / count². */
    private double variance(int channel, BigInteger count) {
        ExactSums means = sums.quantity(MEANS);
        ExactSums squares = sums.quantity(SQUARES);
        ExactSums deviations = sums.quantity(DEVIATIONS);
        if (count.signum() == 0 || means.notFinite(channel) != 0 || squares.notFinite(channel) != 0) {
            return Double.NaN;
        }
        if (deviations.notFinite(channel) != 0) {
            return deviations.notFinite(channel);
        }
        BigInteger mean = means.toInteger(channel);
        int ofMean = 2 * means.exponent();
        int exponent = Math.min(ofMean, Math.min(squares.exponent(), deviations.exponent()));
        BigInteger second = squares.toInteger(channel)
                .shiftLeft(squares.exponent() - exponent)
                .add(deviations.toInteger(channel).shiftLeft(deviations.exponent() - exponent));
        BigInteger numerator =
                count.multiply(second).subtract(mean.multiply(mean).shiftLeft(ofMean - exponent));
        return Fraction.toDouble(numerator, count.multiply(count), exponent);
    }

    /**
     * A compact form, equal for equal moments: for exchanges between processes.
     *
     * @return the bytes, with a version and a checksum
     */
    public byte[] toBytes() {
        return sums.toBytes(KIND);
    }

    /**
     * Moments from their compact form.
     *
     * @param bytes as {@link #toBytes} gives them
     * @return equal moments
     * @throws IllegalArgumentException if the bytes are not moments of this version, or were changed; the message says
     *     what is wrong
     */
    public static ChannelMoments fromBytes(byte[] bytes) {
        return new ChannelMoments(CountedSums.of(Objects.requireNonNull(bytes, "bytes"), KIND, QUANTITIES));
    }

    /** Whether counts and exact sums are equal. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ChannelMoments that && sums.equals(that.sums);
    }

    @Override
    public int hashCode() {
        return sums.hashCode();
    }

    /** The numbers of channels and elements. */
    @Override
    public String toString() {
        return "ChannelMoments(" + StoredSums.text(sums) + ")";
    }

    /**
     * Java's serialization writes the bytes of {@link #toBytes}.
     *
     * @return what is written in place of this object
     */
    private Object writeReplace() {
        return new StoredSums(StoredSums.Kind.MOMENTS, toBytes());
    }

    /**
     * Rejects a stream that was not written by {@link #writeReplace}.
     *
     * @param in the stream
     * @throws InvalidObjectException always
     */
    private void readObject(ObjectInputStream in) throws InvalidObjectException {
        throw new InvalidObjectException("Expected the stored form of moments");
    }
}
