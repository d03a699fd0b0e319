package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;

/**
 * The forward pass whose gradients {@link Layer#backward(Tensor)} takes. It holds one pass of one thread, and rejects a
 * backward call that may mean another pass. The session's lock guards it.
 */
final class LastForward {

    private final Layer layer;
    private SavedPass pass;
    private Thread thread;
    // The thread that took the gradients of the last pass; null if a forward pass followed.
    private String takenBy;
    // Describes the forward pass before, if its gradients were not taken; else null.
    private String overtaken;

    LastForward(Layer layer) {
        this.layer = layer;
    }

    /** Holds an enqueued forward pass. */
    void set(SavedPass next) {
        String before = pass == null ? null : description();
        forget();
        overtaken = before;
        pass = next;
        thread = Thread.currentThread();
    }

    private String description() {
        return "forward of shape " + Shapes.text(pass.input().sizes()) + " on thread " + thread.getName();
    }

    /** The pass whose gradients a backward call of this thread takes. */
    private SavedPass get() {
        if (pass == null) {
            throw new IllegalStateException(
                    takenBy != null
                            ? "Trying to backward through " + layer
                                    + " a second time: what the forward pass saved is freed by the"
                                    + " first backward, call forward again"
                                    + (takenBy.equals(Thread.currentThread().getName())
                                            ? ""
                                            : "; thread " + takenBy + " took its gradients")
                            : "Expected forward before backward of " + layer);
        }
        if (overtaken != null) {
            String both = overtaken + " was followed by " + description();
            forget();
            throw new IllegalStateException("Expected one forward before backward of " + layer + ", but " + both
                    + ": which of them the gradient belongs to is unknown, and both are dropped. Use record(x) for several"
                    + " passes at a time, and infer(x) for passes whose gradients are not needed");
        }
        if (thread != Thread.currentThread()) {
            throw new IllegalStateException("Expected backward of " + layer + " on the thread of its forward, "
                    + thread.getName() + ", but this is "
                    + Thread.currentThread().getName()
                    + ": use record(x), whose gradients any thread may take");
        }
        return pass;
    }

    /** The same, if the tensors that backward reads again are unchanged. */
    SavedPass checked() {
        SavedPass last = get();
        try {
            last.check();
        } catch (IllegalStateException e) {
            // Its gradients can never be taken. The next forward pass must not be ambiguous with it.
            forget();
            throw e;
        }
        return last;
    }

    /** Drops the pass, whose gradients were taken. */
    void took() {
        forget();
        takenBy = Thread.currentThread().getName();
    }

    void forget() {
        if (pass != null) {
            pass.close();
        }
        pass = null;
        thread = null;
        overtaken = null;
        takenBy = null;
    }
}
