package io.github.clnorm;

import io.github.clnorm.internal.geometry.ChannelSets;
import io.github.clnorm.internal.geometry.Channels;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Wording;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;

/**
 * Instance normalization: a set is a channel of one sample, or in evaluation the channel's running statistics
 * normalize, if they are tracked.
 *
 * <p>Source: Ulyanov, Vedaldi and Lempitsky, <a href="https://arxiv.org/abs/1607.08022">Instance Normalization</a>,
 * 2016. Messages are those of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html">torch.nn.functional.instance_norm</a>.
 *
 * <p>Immutable, thread-safe and serializable.
 */
public final class InstanceNormSpec extends ChannelStatisticsSpec<InstanceNormSpec> {

    private static final long serialVersionUID = 1;

    InstanceNormSpec(Common common, long numFeatures, int dimensions, Tracking tracking) {
        super(Kind.INSTANCE_NORM, common, numFeatures, dimensions, tracking);
    }

    static InstanceNormSpec of(Arguments arguments) {
        return new InstanceNormSpec(
                Common.DEFAULTS.layout(arguments.layout()),
                ANY,
                0,
                Tracking.of(arguments.training(), arguments.momentum()));
    }

    static InstanceNormSpec of(long numFeatures) {
        return new InstanceNormSpec(
                Common.DEFAULTS.parameters(false, false),
                Requests.count("num_features", numFeatures),
                0,
                Tracking.of(true, 0.1).tracked(false));
    }

    @Override
    InstanceNormSpec with(Common common, int spatial, Tracking changed) {
        return new InstanceNormSpec(common, numFeatures(), spatial, changed);
    }

    @Override
    String module() {
        return module("InstanceNorm");
    }

    @Override
    boolean countsBatches() {
        return false;
    }

    @Override
    void checkInput(ChannelState state, long... shape) {
        if (dimensions() != 0 && shape.length != dimensions() + 2) {
            throw new IllegalArgumentException(
                    "expected " + (dimensions() + 2) + "D input (got " + shape.length + "D input)");
        }
        if (shape.length >= 2) {
            checkChannels(shape, true);
        }
    }

    /** Rejects other channels than the layer has, also without parameters, where PyTorch only warns. */
    void checkChannels(long[] batch, boolean batched) {
        int axis = layout().channelAxis(batch.length);
        if (numFeatures() != ANY && batch[axis] != numFeatures()) {
            throw new IllegalArgumentException("expected input's size at dim=" + (batched ? axis : axis - 1)
                    + " to match num_features (" + numFeatures() + "), but got: " + batch[axis] + "."
                    + (batched
                            ? Wording.LIBRARY
                                    .remedy(batch, layout(), numFeatures())
                                    .replaceFirst("^; its", " Its")
                            : ""));
        }
    }

    @Override
    Pass learning(Pass pass, ChannelState state, long... shape) {
        return pass.update(state.runningMean(), state.runningVar(), tracking().momentum(), shape[0]);
    }

    @Override
    String missing(ChannelState state) {
        return "Expected running_mean and running_var to be defined when use_input_stats is false";
    }

    @Override
    Layer layer(Backend backend, ElementType real) {
        return new InstanceNorm(backend, this, real, real);
    }

    @Override
    public Sets sets() {
        return ownStatistics() ? setsOf(layout()) : new RunningSets(layout());
    }

    /** The sets of inputs with any number of channels. */
    static Sets setsOf(Layout layout) {
        return new InstanceSets(layout);
    }

    /** Running statistics belong to channels: in evaluation the sets are those of batch_norm. */
    private static final class RunningSets extends BatchNormSpec.BatchSets {

        RunningSets(Layout layout) {
            super(layout, false);
        }

        @Override
        public long[] modulationShape(long... shape) {
            throw new IllegalArgumentException("instance_norm by running statistics takes no scale and shift of each"
                    + " sample: normalize by the input's own statistics");
        }

        @Override
        public long[] statisticsShape(long... shape) {
            return new long[] {shape[0], channels(shape).channels()};
        }
    }

    /** N·C sets of S elements: group_norm with as many groups as channels. */
    private static final class InstanceSets extends ChannelSets {

        InstanceSets(Layout layout) {
            super(layout);
        }

        @Override
        public String name() {
            return Kind.INSTANCE_NORM.toString();
        }

        @Override
        public Geometry geometry(long... shape) {
            Channels input = channels(shape);
            return ofGroups(input, Math.max(1, input.channels()));
        }

        @Override
        public long[] statisticsShape(long... shape) {
            return new long[] {shape[0], channels(shape).channels()};
        }

        @Override
        public void checkStatistics(long... shape) {
            if (channels(shape).positions() == 1) {
                throw new IllegalArgumentException(
                        "Expected more than 1 spatial element when training, got input size " + Shapes.text(shape));
            }
        }

        @Override
        public long[] modulationShape(long... shape) {
            return modulationOfChannels(shape);
        }

        @Override
        public long setSize(long... shape) {
            return channels(shape).positions();
        }

        @Override
        public String describe(long... shape) {
            return shape[0] + " x " + Shapes.count(channels(shape).channels(), "channel") + ", "
                    + Shapes.count(setSize(shape), "element") + " each";
        }
    }
}
