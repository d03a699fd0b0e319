package io.github.clnorm;

import java.util.ArrayList;
import java.util.List;

/**
 * A forward pass of a layer whose gradients can be taken: {@link Layer#record(Tensor)}. Any number may be open at once,
 * and their gradients may be taken in any order, by any thread, also more than once. Thread-safe.
 *
 * <p>It holds the statistics that the pass saved. {@link #backward(Tensor)} reads the pass's input, residual and weight
 * again, with an activation the bias, and in evaluation the running statistics. It rejects them if they were modified
 * or closed since.
 *
 * <p>The garbage collector reclaims a recorded pass that becomes unreachable without being closed, and a warning is
 * logged.
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
     * @return y, of the input's shape and type. Closed with this object, unless it is the caller's own tensor. backward
     *     does not read it: it may be closed or written before
     */
    public Tensor output() {
        return output;
    }

    /**
     * The gradients for a loss whose gradient with respect to the output is known. Asynchronous.
     *
     * @param gradOutput dy, of the output's shape and type. Not modified
     * @return dx, dγ and dβ; the caller closes them
     * @throws IllegalArgumentException when the gradient does not fit
     * @throws IllegalStateException when this object or the layer is closed, or when a tensor that backward reads again
     *     was changed since, or is closed
     */
    public Gradients backward(Tensor gradOutput) {
        return backward(gradOutput, GradientOptions.DEFAULTS);
    }

    /**
     * The gradients, with options. Asynchronous.
     *
     * @param gradOutput dy, of the output's shape and type. Not modified, unless the options name it
     * @param options which gradients are wanted, and where dx goes; layout, activation and residual are those of the
     *     forward pass, and must be the defaults here
     * @return the gradients that are wanted; the caller closes them
     * @throws IllegalArgumentException when the gradient or the options do not fit
     * @throws IllegalStateException when this object or the layer is closed, or when a tensor that backward reads again
     *     was changed since, or is closed
     */
    public Gradients backward(Tensor gradOutput, GradientOptions options) {
        return layer.gradientsOf(this::checkedPass, gradOutput, options, () -> {});
    }

    private SavedPass checkedPass() {
        if (closed) {
            throw new IllegalStateException("the recorded pass of " + layer + " is closed");
        }
        pass.check();
        return pass;
    }

    /** What the pass saved, checked as {@link #backward} does. */
    SavedPass saved() {
        return layer.backend().session().exclusively(this::checkedPass);
    }

    /** The tensors that {@link Scope#keep} keeps. */
    List<Tensor> tensors() {
        List<Tensor> tensors = new ArrayList<>(pass.tensors());
        if (ownsOutput) {
            tensors.add(output);
        }
        return tensors;
    }

    /** Closes the saved statistics, and the output if the pass made it. Closing it again is a no-op. */
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
