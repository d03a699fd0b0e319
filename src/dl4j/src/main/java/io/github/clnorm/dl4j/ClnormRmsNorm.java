package io.github.clnorm.dl4j;

import io.github.clnorm.NormSpec;
import java.util.List;

/**
 * Root mean square normalization over the channels in a DL4J network, as <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html">torch.nn.RMSNorm</a> defines it: the channels
 * of every sample, step or pixel are divided by the root of the mean of their squares. It has gamma and no beta.
 *
 * <p>Input: feed-forward, recurrent, CNN and CNN3D, in every data format of DL4J. ND4J transposes each array if the
 * channels are first. Source: Zhang and Sennrich, <a href="https://arxiv.org/abs/1910.07467">Root Mean Square Layer
 * Normalization</a>, NeurIPS 2019.
 *
 * <p>Not thread-safe, see {@link ClnormLayer}.
 */
public final class ClnormRmsNorm extends ClnormLayer {

    private static final long serialVersionUID = 1;

    /** For Jackson. */
    private ClnormRmsNorm() {}

    private ClnormRmsNorm(Builder builder) {
        super(builder);
        initializeConstraints(builder);
    }

    @Override
    NormSpec operation() {
        return NormSpec.rmsNorm(getNOut());
    }

    @Override
    List<String> parameterNames() {
        return List.of(NormParameters.GAMMA);
    }

    @Override
    boolean takesFeedForward() {
        return true;
    }

    @Override
    boolean needsChannelsLast() {
        return true;
    }

    @Override
    void checkChannels() {}

    /** The settings of a layer. Not thread-safe. */
    // DL4J declares "<E extends Layer> E build()".
    @SuppressWarnings("unchecked")
    public static final class Builder extends ClnormLayer.Builder<Builder> {

        /** With gamma, the machine epsilon of the type as eps, and no activation. */
        public Builder() {
            super(true);
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        public ClnormRmsNorm build() {
            return new ClnormRmsNorm(this);
        }
    }
}
