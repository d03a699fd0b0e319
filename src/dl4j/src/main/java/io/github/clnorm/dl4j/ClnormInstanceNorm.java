package io.github.clnorm.dl4j;

import io.github.clnorm.NormSpec;
import java.util.List;

/**
 * Instance normalization in a DL4J network, as <a
 * href="https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html">torch.nn.InstanceNorm2d</a> without
 * running statistics defines it: every channel of every sample is normalized by its own mean and variance. As in
 * PyTorch it has no parameters unless {@code affine(true)} is set.
 *
 * <p>Input: recurrent, CNN and CNN3D, in every data format of DL4J. The mask of a recurrent input is ignored: masked
 * steps count in the statistics. Source: Ulyanov, Vedaldi and Lempitsky, <a
 * href="https://arxiv.org/abs/1607.08022">Instance Normalization</a>, 2016.
 *
 * <p>Not thread-safe, see {@link ClnormLayer}.
 */
public final class ClnormInstanceNorm extends ClnormLayer {

    private static final long serialVersionUID = 1;

    /** For Jackson. */
    private ClnormInstanceNorm() {}

    private ClnormInstanceNorm(Builder builder) {
        super(builder);
        initializeConstraints(builder);
    }

    @Override
    NormSpec operation() {
        return NormSpec.instanceNorm(getNOut());
    }

    @Override
    List<String> parameterNames() {
        return List.of(NormParameters.GAMMA, NormParameters.BETA);
    }

    @Override
    boolean takesFeedForward() {
        return false;
    }

    @Override
    boolean needsChannelsLast() {
        return false;
    }

    @Override
    void checkChannels() {}

    /** The settings of a layer. Not thread-safe. */
    // DL4J declares "<E extends Layer> E build()".
    @SuppressWarnings("unchecked")
    public static final class Builder extends ClnormLayer.Builder<Builder> {

        /** Without parameters, eps 1e-5 and no activation. */
        public Builder() {
            super(false);
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        public ClnormInstanceNorm build() {
            return new ClnormInstanceNorm(this);
        }
    }
}
