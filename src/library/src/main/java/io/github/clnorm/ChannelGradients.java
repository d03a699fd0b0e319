package io.github.clnorm;

import io.github.clnorm.internal.exact.BitRange;
import io.github.clnorm.internal.exact.CountedSums;
import io.github.clnorm.internal.exact.ExactSums;
import io.github.clnorm.internal.geometry.Shapes;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.util.Objects;

/**
 * The sums of the gradients of the channels of a batch, which can be added without rounding: {@link
 * Functional#channelGradients}.
 *
 * <p>A device computes Σdz and Σdz · x̂ of each sample and channel, whose bits do not depend on the rest of the batch;
 * dz is dy, times the derivative of the activation if there is one. This object has their exact sums over the samples.
 * {@link #plus} adds them exactly, so a result has the same bits for each order of the additions and each division of a
 * batch into parts. {@link #weight} and {@link #bias} round once.
 *
 * <p>Memory, equality and serialization are as those of {@link ChannelMoments}.
 *
 * <p>Immutable and thread-safe.
 */
public final class ChannelGradients implements Serializable {

    private static final long serialVersionUID = 1;

    private static final char KIND = 'g';
    private static final int OF_WEIGHT = 0;
    private static final int OF_BIAS = 1;
    private static final int QUANTITIES = 2;

    /**
     * The sums. Java's serialization writes the stored form in place of this object. Kryo does not, and copies all fields
     * that are not transient.
     */
    @SuppressWarnings("serial")
    private final CountedSums sums;

    private ChannelGradients(CountedSums sums) {
        this.sums = sums;
    }

    /**
     * The sums of no elements: the neutral element of {@link #plus}.
     *
     * @param channels C, 0 or more
     * @return count 0, and 0 as gradients
     * @throws IllegalArgumentException if it is negative or above 2<sup>31</sup> - 1
     */
    public static ChannelGradients none(long channels) {
        return new ChannelGradients(CountedSums.none(StoredSums.channels(channels), QUANTITIES));
    }

    /**
     * The sums of sets, with sample after sample and the channels of a sample side by side.
     *
     * @param channels C
     * @param setSize elements of a set
     * @param factor of the values of each set
     * @param weight Σdz · x̂ of each set, divided by the factor
     * @param bias Σdz of each set, divided by the factor
     */
    static ChannelGradients of(int channels, long setSize, long factor, double[] weight, double[] bias) {
        long samples = channels == 0 ? 0 : weight.length / channels;
        return new ChannelGradients(new CountedSums(
                channels,
                Shapes.elements(samples, setSize),
                sums(channels, factor, weight),
                sums(channels, factor, bias)));
    }

    private static ExactSums sums(int channels, long factor, double... values) {
        ExactSums result = new ExactSums(channels);
        BitRange range = new BitRange();
        for (double value : values) {
            range.include(value);
        }
        if (!range.isEmpty()) {
            result.reserve(range.lowest(), range.highest() + BitRange.bits(factor) + BitRange.bits(values.length));
        }
        int channel = 0;
        for (double value : values) {
            result.addProduct(channel, factor, value);
            channel = channel + 1 == channels ? 0 : channel + 1;
        }
        return result;
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
     * The sums over the elements of both, without rounding.
     *
     * @param other of as many channels
     * @return the sum
     * @throws IllegalArgumentException if the numbers of channels differ, or a channel has more than 2<sup>63</sup> - 1
     *     elements
     */
    public ChannelGradients plus(ChannelGradients other) {
        return new ChannelGradients(sums.plus(other.sums));
    }

    /**
     * The gradient of the weight, dγ = Σdz · x̂, rounded once from the exact sum.
     *
     * @return C values
     */
    public double[] weight() {
        return rounded(OF_WEIGHT);
    }

    /**
     * The gradient of the bias, dβ = Σdz, rounded once from the exact sum.
     *
     * @return C values
     */
    public double[] bias() {
        return rounded(OF_BIAS);
    }

    private double[] rounded(int quantity) {
        ExactSums exact = sums.quantity(quantity);
        double[] result = new double[channels()];
        for (int channel = 0; channel < result.length; channel++) {
            result[channel] = exact.toDouble(channel);
        }
        return result;
    }

    /**
     * The gradient of the weight in float32, rounded once from the exact sum.
     *
     * @return C values
     */
    public float[] weightAsFloats() {
        return roundedToFloat(OF_WEIGHT);
    }

    /**
     * The gradient of the bias in float32, rounded once from the exact sum.
     *
     * @return C values
     */
    public float[] biasAsFloats() {
        return roundedToFloat(OF_BIAS);
    }

    private float[] roundedToFloat(int quantity) {
        ExactSums exact = sums.quantity(quantity);
        float[] result = new float[channels()];
        for (int channel = 0; channel < result.length; channel++) {
            result[channel] = exact.toFloat(channel);
        }
        return result;
    }

    /**
     * A compact form, equal for equal sums: for exchanges between processes.
     *
     * @return the bytes, with a version and a checksum
     */
    public byte[] toBytes() {
        return sums.toBytes(KIND);
    }

    /**
     * Sums from their compact form.
     *
     * @param bytes as {@link #toBytes} gives them
     * @return equal sums
     * @throws IllegalArgumentException if the bytes are not gradients of this version, or were changed; the message says
     *     what is wrong
     */
    public static ChannelGradients fromBytes(byte[] bytes) {
        return new ChannelGradients(CountedSums.of(Objects.requireNonNull(bytes, "bytes"), KIND, QUANTITIES));
    }

    /** Whether counts and exact sums are equal. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ChannelGradients that && sums.equals(that.sums);
    }

    @Override
    public int hashCode() {
        return sums.hashCode();
    }

    /** The numbers of channels and elements. */
    @Override
    public String toString() {
        return "ChannelGradients(" + StoredSums.text(sums) + ")";
    }

    /**
     * Java's serialization writes the bytes of {@link #toBytes}.
     *
     * @return what is written in place of this object
     */
    private Object writeReplace() {
        return new StoredSums(StoredSums.Kind.GRADIENTS, toBytes());
    }

    /**
     * Rejects a stream that was not written by {@link #writeReplace}.
     *
     * @param in the stream
     * @throws InvalidObjectException always
     */
    private void readObject(ObjectInputStream in) throws InvalidObjectException {
        throw new InvalidObjectException("Expected the stored form of gradients");
    }
}
