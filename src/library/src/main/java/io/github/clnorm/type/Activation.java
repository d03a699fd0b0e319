package io.github.clnorm.type;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

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
    GELU,
    /**
     * v / 2 · (1 + tanh(√(2/π) (v + 0.044715 v³))), as <a
     * href="https://pytorch.org/docs/stable/generated/torch.nn.GELU.html">torch.nn.GELU(approximate='tanh')</a>.
     */
    GELU_TANH;

    /**
     * Returns the activation with a name, in any case.
     *
     * @param name for example {@code silu}, or PyTorch's {@code SiLU}
     * @return the activation
     * @throws IllegalArgumentException if none has this name; the message lists the names
     */
    public static Activation parse(String name) {
        return Arrays.stream(values())
                .filter(activation -> activation.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown activation '" + name + "', expected one of "
                        + Arrays.stream(values()).map(Activation::toString).collect(Collectors.joining(", "))));
    }

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
