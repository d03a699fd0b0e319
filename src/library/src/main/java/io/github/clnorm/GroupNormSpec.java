package io.github.clnorm;

import io.github.clnorm.internal.geometry.ChannelSets;
import io.github.clnorm.internal.geometry.Channels;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Wording;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.List;

/**
 * Group normalization: a set is a group of channels of one sample, at all positions.
 *
 * <p>Source: Wu and He, <a href="https://arxiv.org/abs/1803.08494">Group Normalization</a>, ECCV 2018. Messages are
 * those of <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html">torch.nn.functional.group_norm</a>.
 *
 * <p>Immutable, thread-safe and serializable.
 */
public final class GroupNormSpec extends NormSpec {

    private static final long serialVersionUID = 1;

    /** Groups that the channels are divided into. */
    private final long numGroups;

    /** Channels of the input. */
    private final long numChannels;

    GroupNormSpec(Common common, long numGroups, long numChannels) {
        super(Kind.GROUP_NORM, common);
        this.numGroups = numGroups;
        this.numChannels = numChannels;
    }

    static GroupNormSpec of(Arguments arguments) {
        return new GroupNormSpec(Common.DEFAULTS.layout(arguments.layout()), arguments.numGroups(), ANY);
    }

    static GroupNormSpec of(long numGroups, long numChannels) {
        if (numGroups <= 0) {
            throw new IllegalArgumentException("Expected num groups to be greater than 0, got " + numGroups);
        }
        Requests.count("num_channels", numChannels);
        if (numChannels % numGroups != 0) {
            throw new IllegalArgumentException(
                    "num_channels (" + numChannels + ") must be divisible by num_groups (" + numGroups + ")");
        }
        return new GroupNormSpec(Common.DEFAULTS, numGroups, numChannels);
    }

    @Override
    GroupNormSpec with(Common changed) {
        return new GroupNormSpec(changed, numGroups, numChannels);
    }

    @Override
    long parameters() {
        return numChannels;
    }

    @Override
    List<Object> arguments() {
        return List.of(numGroups, numChannels);
    }

    @Override
    String module() {
        return "GroupNorm(" + numGroups + ", " + (numChannels == ANY ? "any" : numChannels) + ", eps="
                + PythonText.of(common().eps()) + ", affine=" + PythonText.of(common().hasWeight()) + ")";
    }

    @Override
    void checkInput(ChannelState state, long... shape) {
        Requests.channels(shape, layout(), numChannels);
    }

    @Override
    Layer layer(Backend backend, ElementType real) {
        return new GroupNorm(backend, this, real);
    }

    @Override
    public Sets sets() {
        return new GroupSets(numGroups, layout());
    }

    /** N·G sets of C/G·S elements. */
    private static final class GroupSets extends ChannelSets {
        private final long numGroups;

        GroupSets(long numGroups, Layout layout) {
            super(layout);
            this.numGroups = numGroups;
        }

        @Override
        public String name() {
            return Kind.GROUP_NORM.toString();
        }

        @Override
        public Geometry geometry(long... shape) {
            Channels input = channels(shape);
            if (numGroups <= 0) {
                throw new IllegalArgumentException("Expected num groups to be greater than 0, got " + numGroups);
            }
            if (input.channels() % numGroups != 0) {
                throw new IllegalArgumentException("Expected number of channels in input to be divisible by num_groups,"
                        + " but got input of shape " + Shapes.text(shape) + " and num_groups=" + numGroups);
            }
            return ofGroups(input, numGroups);
        }

        @Override
        public long[] statisticsShape(long... shape) {
            return new long[] {shape[0], numGroups};
        }

        @Override
        public long[] modulationShape(long... shape) {
            return modulationOfChannels(shape);
        }

        @Override
        public long setSize(long... shape) {
            Channels input = channels(shape);
            return input.channels() / numGroups * input.positions();
        }

        @Override
        public void checkParameter(String name, long[] parameterShape, long[] shape, Wording wording) {
            if (parameterShape.length != 1
                    || parameterShape[0] != channels(shape).channels()) {
                throw new IllegalArgumentException(notAVector(name, parameterShape, shape)
                        + (parameterShape.length == 1 ? wording.remedy(shape, layout, parameterShape[0]) : ""));
            }
        }

        @Override
        public String describe(long... shape) {
            return shape[0] + " x " + Shapes.count(numGroups, "group") + " of "
                    + Shapes.count(channels(shape).channels() / numGroups, "channel") + ", "
                    + Shapes.count(setSize(shape), "element") + " each";
        }
    }
}
