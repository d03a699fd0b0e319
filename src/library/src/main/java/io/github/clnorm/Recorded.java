package io.github.clnorm;

import java.util.ArrayList;
import java.util.List;

/**
 * A forward pass of a layer whose gradients can be taken: {@link Layer#record(Tensor)}. Any number may be open at once, and
 * their gradients may be taken in any order, by any thread, also more than once. Thread-safe.
 *
 * <p>It holds the statistics that the pass saved, and refers to the pass's input, residual, weight and, in evaluation,
 * running statistics: these are read again by {@link #backward(Tensor)}, which rejects them when they have been changed or
 * closed since. With an activation the bias is read again too.
 *
 * <p>A recorded pass that becomes unreachable without being closed is reclaimed, with a warning.
 */
public final class Recorded implements AutoCloseable {

    private final Layer layer;
    private final SavedPass pass;
    private final Tensor output;
    private final boolean ownsOutput;
    private volatile boolean closed;

    Recorded(Layer layer, SavedPass pass, Tensor output, boolean ownsOutput) {
        this.layer = layer;
        this.pass = pass;
        this.output = output;
        this.ownsOutput = ownsOutput;
    }

    /**
     * The result of the pass.
     *
     * @return y, of the input's shape and type. Closed with this object, unless it is the caller's own tensor, which the
     *     options named. Not needed by backward: it may be closed or written before
     */
    public Tensor output() {
        return output;
    }

    /**
     * The gradients of a loss whose gradient with respect to the output is known. Asynchronous.
     *
     * @param gradOutput dy, of the output's shape and type. Not modified
     * @return dx, dγ and dβ; the caller closes them
     * @throws IllegalArgumentException when the gradient does not fit
     * @throws IllegalStateException when this object or the layer is closed, or when a tensor that backward reads again was
     *     changed since, or is closed
     */
    public Gradients backward(Tensor gradOutput) {
        return backward(gradOutput, GradientOptions.DEFAULTS);
    }

    /**
     * Those gradients that are wanted, or dx in a given tensor. Asynchronous.
     *
     * @param gradOutput dy, of the output's shape and type. Not modified, unless the options name it
     * @param options which gradients are wanted, and where dx goes; layout, activation and residual are those of the
     *     forward pass, and must be the defaults here
     * @return the gradients that are wanted; the caller closes them
     * @throws IllegalArgumentException when the gradient or the options do not fit
     * @throws IllegalStateException when this object or the layer is closed, or when a tensor that backward reads again was
     *     changed since, or is closed
     */
    public Gradients backward(Tensor gradOutput, GradientOptions options) {
        return layer.backend().session().exclusively(() -> {
            if (closed) {
                throw new IllegalStateException("the recorded pass of " + layer + " is closed");
            }
            return layer.gradientsOf(pass, gradOutput, options);
        });
    }

    /** What {@link Scope#keep} keeps. */
    List<Tensor> tensors() {
        List<Tensor> tensors = new ArrayList<>(pass.tensors());
        if (ownsOutput) {
            tensors.add(output);
        }
        return tensors;
    }

    /** Closes what the pass saved, and the output where the pass made it. */
    @Override
    public void close() {
        layer.backend().session().exclusively(() -> {
            closed = true;
            pass.close();
            if (ownsOutput) {
                output.close();
            }
            return null;
        });
    }
}
