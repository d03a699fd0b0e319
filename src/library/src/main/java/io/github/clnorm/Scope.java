package io.github.clnorm;

import io.github.clnorm.internal.runtime.SessionScope;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Closes the tensors that its thread makes on a backend while it is open, except those that are kept:
 *
 * <pre>{@code
 * try (Scope scope = backend.scope()) {
 *     Tensor h = first.infer(x);
 *     return scope.keep(second.infer(h));
 * }
 * }</pre>
 *
 * <p>Parameters of layers and the statistics of recorded passes are tensors too. The statistics that {@link
 * Layer#forward(Tensor)} saves for {@link Layer#backward(Tensor)} belong to the layer, not to the scope.
 *
 * <p>Scopes nest. A scope belongs to the thread that opened it: it does not close tensors of other threads.
 *
 * <p>Not thread-safe: only the thread that opened it may use it.
 */
public final class Scope implements AutoCloseable {

    private final SessionScope scope;

    Scope(SessionScope scope) {
        this.scope = scope;
    }

    /**
     * Keeps a value open when this scope closes. The value then belongs to the enclosing scope, or to the caller if
     * there is none. No-op for a value made outside this scope.
     *
     * @param value a {@link Tensor}, {@link Layer}, {@link Recorded}, {@link Gradients}, {@link Normalized} or {@link
     *     Saved}
     * @param <T> its type
     * @return the value
     * @throws IllegalArgumentException when it is of another type
     * @throws IllegalStateException when the value or the scope is closed, or another thread opened it
     */
    public <T extends AutoCloseable> T keep(T value) {
        for (Tensor tensor : tensors(value)) {
            if (tensor != null) {
                tensor.requireOpen("a tensor to keep");
                scope.keep(tensor.buffer());
            }
        }
        return value;
    }

    private static List<Tensor> tensors(AutoCloseable value) {
        Objects.requireNonNull(value, "value");
        if (value instanceof Tensor tensor) {
            return List.of(tensor);
        }
        if (value instanceof Layer layer) {
            return layer.tensors().all();
        }
        if (value instanceof Recorded recorded) {
            return recorded.tensors();
        }
        if (value instanceof Gradients gradients) {
            return Arrays.asList(
                    gradients.input(), gradients.weight(), gradients.bias(), gradients.scale(), gradients.shift());
        }
        if (value instanceof Normalized normalized) {
            return Arrays.asList(normalized.output(), normalized.mean(), normalized.meanLo(), normalized.rstd());
        }
        if (value instanceof Saved saved) {
            return Arrays.asList(saved.mean(), saved.meanLo(), saved.rstd());
        }
        throw new IllegalArgumentException("a scope keeps tensors, layers, recorded passes and results of passes, got "
                + value.getClass().getName());
    }

    /**
     * Closes the tensors that were made in the scope and not kept, and nested scopes that are still open.
     *
     * @throws IllegalStateException when another thread opened the scope
     */
    @Override
    public void close() {
        scope.close();
    }
}
