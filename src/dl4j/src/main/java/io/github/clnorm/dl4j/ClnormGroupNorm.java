package io.github.clnorm.dl4j;

import io.github.clnorm.NormSpec;
import java.util.List;
import java.util.SortedMap;
import org.deeplearning4j.exception.DL4JInvalidConfigException;

/**
 * Group normalization in a DL4J network, as <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html">torch.nn.GroupNorm</a> defines it: the
 * channels of every sample are divided into groups, and each group is normalized by its own mean and variance.
 *
 * <pre>{@code
 * new ClnormGroupNorm.Builder(32).activation(Activation.SILU).build()
 * }</pre>
 *
 * <p>Input: feed-forward, recurrent, CNN and CNN3D, in every data format of DL4J. The mask of a recurrent input is
 * ignored: masked steps count in the statistics. Source: Wu and He, <a href="https://arxiv.org/abs/1803.08494">Group
 * Normalization</a>, ECCV 2018.
 *
 * <p>Not thread-safe, see {@link ClnormLayer}.
 */
public final class ClnormGroupNorm extends ClnormLayer {

    private static final long serialVersionUID = 1;

    /** The number of groups. */
    private long groups;

    /** For Jackson. */
    private ClnormGroupNorm() {}

    private ClnormGroupNorm(Builder builder) {
        super(builder);
        groups = builder.groups;
        initializeConstraints(builder);
    }

    /**
     * The number of groups.
     *
     * @return G
     */
    public long getGroups() {
        return groups;
    }

    @Override
    NormSpec operation() {
        return NormSpec.groupNorm(groups, getNOut());
    }

    @Override
    List<String> parameterNames() {
        return List.of(NormParameters.GAMMA, NormParameters.BETA);
    }

    @Override
    boolean takesFeedForward() {
        return true;
    }

    @Override
    boolean needsChannelsLast() {
        return false;
    }

    @Override
    void checkChannels() {
        if (groups < 1) {
            throw new DL4JInvalidConfigException(
                    "Expected num_groups of 1 or more for " + describe() + ", but got " + groups);
        }
        if (getNOut() % groups != 0) {
            throw new DL4JInvalidConfigException(
                    "Expected number of channels in input to be divisible by num_groups, but " + describe() + " has "
                            + getNOut() + " channels and num_groups=" + groups);
        }
    }

    @Override
    SortedMap<String, Object> settings() {
        SortedMap<String, Object> settings = super.settings();
        settings.put("groups", groups);
        return settings;
    }

    /** The settings of a layer. Not thread-safe. */
    // DL4J declares "<E extends Layer> E build()".
    @SuppressWarnings("unchecked")
    public static final class Builder extends ClnormLayer.Builder<Builder> {

        private final long groups;

        /**
         * With parameters, eps 1e-5 and no activation.
         *
         * @param groups G, a divisor of the number of channels
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder(long groups) {
            super(true);
            if (groups < 1) {
                throw new IllegalArgumentException("Expected num_groups of 1 or more, but got " + groups);
            }
            this.groups = groups;
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        public ClnormGroupNorm build() {
            return new ClnormGroupNorm(this);
        }
    }
}
