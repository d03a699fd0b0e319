package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The state that a layer's forward pass leaves for its backward pass: the saved statistics, and the tensors that
 * backward reads again, with their versions. The session's lock guards it.
 */
final class SavedPass {

    /** A tensor that backward reads again. */
    private record Read(String name, Tensor tensor, long version) {

        void check() {
            if (tensor.buffer().isClosed()) {
                throw new IllegalStateException(
                        "the " + name + " of shape " + Shapes.text(tensor.sizes()) + " that backward needs is closed");
            }
            if (tensor.version() != version) {
                throw new IllegalStateException("the " + name + " of shape " + Shapes.text(tensor.sizes())
                        + " that backward needs was changed after the forward pass: it is at version "
                        + tensor.version()
                        + ", expected version " + version + "; last written by "
                        + tensor.buffer().lastWriter()
                        + ". Take the gradients before it is changed, or run the forward pass again");
            }
        }
    }

    private final Tensor input;
    private final Options options;
    private final List<Read> reads = new ArrayList<>();
    private final boolean exchanged;
    private Saved saved;

    /** Records the versions of the tensors that a pass reads. Called before the pass writes. */
    SavedPass(Tensor input, Options options, Pass pass) {
        this.input = input;
        this.options = options;
        this.exchanged = pass.isKnown();
        read("input", input);
        read("residual", options.residual());
        read("weight", pass.weight());
        read("bias", pass.biasOfBackward());
        read("scale", options.scale());
        read("shift", pass.shiftOfBackward());
        read("running mean", pass.givenMean());
        read("running variance", pass.givenVariance());
    }

    private void read(String name, Tensor tensor) {
        if (tensor != null) {
            reads.add(new Read(name, tensor, tensor.version()));
        }
    }

    void saved(Saved statistics) {
        saved = statistics;
    }

    Tensor input() {
        return input;
    }

    Options options() {
        return options;
    }

    /** Whether statistics of several participants normalized. */
    boolean isExchanged() {
        return exchanged;
    }

    Saved statistics() {
        return saved;
    }

    /** Rejects a backward pass if the tensors are not those that the forward pass read. */
    void check() {
        for (Tensor written : Arrays.asList(options.output(), options.sum())) {
            for (Tensor read : Arrays.asList(input, options.residual())) {
                if (written != null && read != null && written.sharesMemoryWith(read)) {
                    throw new IllegalStateException("forward worked in place: the input of shape "
                            + Shapes.text(read.sizes()) + " that backward needs is overwritten");
                }
            }
        }
        reads.forEach(Read::check);
        if (saved != null && saved.rstd().buffer().isClosed()) {
            throw new IllegalStateException(
                    "what the forward pass saved is closed, with the scope that the pass was recorded"
                            + " in: scope.keep(recorded) keeps it");
        }
    }

    /** Removes the statistics from the scope that they were made in. */
    void leaveScope() {
        for (Tensor tensor : tensors()) {
            if (tensor != null) {
                tensor.buffer().leaveScope();
            }
        }
    }

    List<Tensor> tensors() {
        return saved == null ? List.of() : Arrays.asList(saved.mean(), saved.meanLo(), saved.rstd());
    }

    void close() {
        if (saved != null) {
            saved.close();
        }
    }
}
