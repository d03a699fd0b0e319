package io.github.clnorm;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;

/** Checks of the arguments of a layer's passes, before those of the operation. */
final class LayerChecks {

    private LayerChecks() {}

    /** The input on the layer's backend: itself, or the same memory if both backends share a context. */
    static Tensor input(Backend backend, Tensor input) {
        input.requireOpen("input");
        Backend other = input.backend();
        if (other == backend) {
            return input;
        }
        if (other.session().sharesContextWith(backend.session())) {
            return input.on(backend);
        }
        throw new IllegalArgumentException("Expected input of the layer's own backend, but got "
                + (other.device().equals(backend.device())
                        ? "a tensor of another backend on the same device, "
                                + backend.device().description()
                        : "a tensor on " + other.device().description() + " where the layer is on "
                                + backend.device().description()));
    }

    /** The options of a forward pass leave to the layer what belongs to it. */
    static void options(NormSpec spec, Options options) {
        if (options.layout() != Layout.CHANNELS_FIRST || options.activation() != Activation.NONE) {
            spec.checkLayout(options.layout());
            throw new IllegalArgumentException("layout and activation belong to the layer: set them when it is built");
        }
    }

    /** The options of a backward pass leave to the forward pass what belongs to it. */
    static void options(NormSpec spec, GradientOptions options) {
        if (options.layout() != Layout.CHANNELS_FIRST
                || options.activation() != Activation.NONE
                || options.residual() != null
                || options.scaleShift() != null) {
            spec.checkLayout(options.layout());
            throw new IllegalArgumentException(
                    "layout, activation, residual, scale and shift are those of the forward pass: leave them at their"
                            + " defaults here, got " + options.layout() + ", " + options.activation() + ", "
                            + (options.residual() == null ? "no residual" : "a residual") + ", "
                            + (options.scaleShift() == null ? "no scale and shift" : "a scale or a shift"));
        }
    }
}
