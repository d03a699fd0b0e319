package io.github.clnorm.type;

import java.util.Locale;

/** The function applied to the normalized value before it is stored, in the same pass. Immutable and thread-safe. */
public enum Activation {
    /** Nothing. */
    NONE,
    /** max(v, 0), as <a href="https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html">torch.nn.ReLU</a>. */
    RELU,
    /**
     * v / (1 + e<sup>-v</sup>), as <a
     * href="https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html">torch.nn.SiLU</a>.
     */
    SILU,
    /**
     * v · Φ(v) with the normal distribution's Φ, as <a
     * href="https://pytorch.org/docs/stable/generated/torch.nn.GELU.html">torch.nn.GELU</a>: exact, not the tanh
     * approximation.
     */
    GELU;

    /**
     * The name on the command line.
     *
     * @return for example {@code silu}
     */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
