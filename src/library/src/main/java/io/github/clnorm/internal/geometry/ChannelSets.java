package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Layout;
import java.util.stream.LongStream;

/**
 * Sets of an input of shape {@code (N, C, *)}, or {@code (N, *, C)} with channels last, with one weight and one bias
 * per channel.
 *
 * <p>Immutable and thread-safe.
 */
public abstract class ChannelSets implements Sets {

    /** Where the channels are. */
    protected final Layout layout;

    /**
     * Sets of a layout.
     *
     * @param layout where the channels are
     */
    protected ChannelSets(Layout layout) {
        this.layout = layout;
    }

    /**
     * The channels of an input.
     *
     * @param shape of the input
     * @return N, C and S
     * @throws IllegalArgumentException if the input has fewer than two dimensions
     */
    protected final Channels channels(long... shape) {
        return Channels.of(shape, layout);
    }

    /**
     * The geometry of groups of channels of one sample each, with all their positions.
     *
     * @param input the channels of the input
     * @param groups per sample; divides the number of channels
     * @return N·G sets of C/G·S elements
     */
    protected final Geometry ofGroups(Channels input, long groups) {
        if (input.isEmpty()) {
            return Geometry.empty(input.channels() == 0 ? 0 : Shapes.elements(input.samples(), groups));
        }
        long channelsOfGroup = input.channels() / groups;
        long positions = input.positions();
        // With one position both layouts are the same memory, and must give the same bits.
        return layout == Layout.CHANNELS_FIRST || positions == 1
                ? new Geometry(input.samples(), 1, groups, channelsOfGroup * positions, positions)
                : new Geometry(input.samples(), positions, groups, channelsOfGroup, 1);
    }

    /**
     * The geometry of channels of the whole batch.
     *
     * @param input the channels of the input
     * @return C sets of N·S elements
     */
    protected final Geometry ofBatch(Channels input) {
        if (input.isEmpty()) {
            return Geometry.empty(input.channels());
        }
        long positions = input.positions();
        if (input.channels() == 1) {
            long all = input.samples() * positions;
            return new Geometry(1, 1, 1, all, all);
        }
        return layout == Layout.CHANNELS_FIRST
                ? new Geometry(1, input.samples(), input.channels(), positions, positions)
                : new Geometry(1, input.samples() * positions, input.channels(), 1, 1);
    }

    /**
     * The shape of a scale and a shift of each sample and channel.
     *
     * @param shape of the input
     * @return {@code (N, C)}
     */
    protected final long[] modulationOfChannels(long... shape) {
        Channels input = channels(shape);
        return new long[] {input.samples(), input.channels()};
    }

    @Override
    public Statistics statistics() {
        return Statistics.MEAN_AND_VARIANCE;
    }

    @Override
    public final long[] parameterShape(long... shape) {
        return new long[] {channels(shape).channels()};
    }

    @Override
    public boolean samplesAreIndependent() {
        return true;
    }

    @Override
    public final long samples(long... shape) {
        return shape[0];
    }

    @Override
    public final long[] shapeOf(long samples, long... shape) {
        return LongStream.concat(LongStream.of(samples), LongStream.of(shape).skip(1))
                .toArray();
    }

    /** PyTorch's check of the vectors of batch_norm and instance_norm. */
    @Override
    public void checkParameter(String name, long[] parameterShape, long[] shape, Wording wording) {
        long channels = channels(shape).channels();
        if (Shapes.elements(parameterShape) != channels) {
            throw new IllegalArgumentException(name + " should contain " + channels + " elements not "
                    + Shapes.elements(parameterShape)
                    + (parameterShape.length == 1 ? wording.remedy(shape, layout, parameterShape[0]) : ""));
        }
        if (parameterShape.length != 1) {
            throw new IllegalArgumentException(notAVector(name, parameterShape, shape));
        }
    }

    /**
     * PyTorch's message for a parameter that is not a vector of C elements.
     *
     * @param name of the parameter
     * @param parameterShape its shape
     * @param shape of the input
     * @return the message
     */
    protected static String notAVector(String name, long[] parameterShape, long... shape) {
        return "Expected " + name + " to be a vector of size equal to the number of channels in input, but got " + name
                + " of shape " + Shapes.text(parameterShape) + " and input of shape " + Shapes.text(shape);
    }
}
