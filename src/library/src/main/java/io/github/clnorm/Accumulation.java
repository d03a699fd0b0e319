package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.runtime.Addition;
import java.util.Arrays;

/** What a backward pass adds its gradients to, and what it adds to them. The session's lock guards it. */
final class Accumulation {

    private final GradientOptions options;
    private final Tensor input;

    Accumulation(GradientOptions options, Tensor input) {
        this.options = options;
        this.input = input;
    }

    /** Checks the tensors of the options against the parameters of the operation, or null. */
    void check(Tensor gradOutput, Tensor weight, Tensor bias) {
        Checks.like(input, "sum_gradient", options.sumGradient());
        Checks.readable("sum_gradient", options.sumGradient());
        if (options.sumGradient() != null && !options.input()) {
            throw new IllegalArgumentException(
                    "Expected no sumGradient(…) where the gradient of the input is not wanted, to which it is added");
        }
        Checks.noOverlap("output", options.output(), "sum_gradient", options.sumGradient());
        checkTotal("weight", options.weight() ? weight : null, options.weightTotal(), gradOutput);
        checkTotal("bias", options.bias() ? bias : null, options.biasTotal(), gradOutput);
        if (options.weightTotal() != null
                && options.biasTotal() != null
                && options.weightTotal().sharesMemoryWith(options.biasTotal())) {
            throw new IllegalArgumentException(
                    "Expected accumulate(…) with two tensors, but got the same memory twice");
        }
    }

    private void checkTotal(String name, Tensor parameter, Tensor total, Tensor gradOutput) {
        if (total == null) {
            return;
        }
        if (parameter == null) {
            throw new IllegalArgumentException(
                    "Expected no accumulate(…) for the gradient of the " + name + ", which is not wanted or missing");
        }
        Checks.openHere(input, "accumulated gradient", total);
        if (total.type() != parameter.type() || !Arrays.equals(total.sizes(), parameter.sizes())) {
            throw new IllegalArgumentException("Expected accumulate(…) with a tensor of the " + name + "'s type and"
                    + " shape, " + parameter.type() + " " + Shapes.text(parameter.sizes()) + ", but got " + total.type()
                    + " " + Shapes.text(total.sizes()));
        }
        Checks.readable("accumulated gradient", total);
        Checks.writable("accumulated gradient", total);
        for (Tensor other : Arrays.asList(
                input,
                gradOutput,
                parameter,
                options.residual(),
                options.output(),
                options.scale(),
                options.shift(),
                options.sumGradient())) {
            if (other != null && other.sharesMemoryWith(total)) {
                throw new IllegalArgumentException("Expected accumulate(…) with memory of its own, but the tensor for"
                        + " the gradient of the " + name + " shares it with another one of the pass");
            }
        }
    }

    /** Whether dx cannot be computed where it goes, because the gradient that is added to it lies there. */
    boolean needsSpace(Tensor dx) {
        return options.sumGradient() != null && dx.sharesMemoryWith(options.sumGradient());
    }

    /** Enqueues the additions to computed gradients, and returns those that the caller gets. */
    Gradients added(Gradients computed, Tensor dx) {
        if (options.sumGradient() != null) {
            add(computed.input(), options.sumGradient(), dx);
        }
        return new Gradients(
                dx,
                total(computed.weight(), options.weightTotal()),
                total(computed.bias(), options.biasTotal()),
                computed.scale(),
                computed.shift());
    }

    /** The gradient itself, or null if it was added to a total and closed. */
    private static Tensor total(Tensor gradient, Tensor total) {
        if (gradient == null || total == null) {
            return gradient;
        }
        try (gradient) {
            Pass.written("a backward pass", total);
            add(total, gradient, total);
        }
        return null;
    }

    private static void add(Tensor a, Tensor b, Tensor sum) {
        if (sum.elements() > 0) {
            Addition.enqueue(sum.backend().session(), sum.type(), sum.elements(), a.buffer(), b.buffer(), sum.buffer());
        }
    }
}
