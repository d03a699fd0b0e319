package io.github.clnorm;

/**
 * The short form's memory: the forward pass whose gradients {@link Layer#backward(Tensor)} takes. It serves one thread and
 * one pass at a time, and rejects what it would get wrong. The session's lock guards it.
 */
final class LastForward {

    private final Layer layer;
    private SavedPass pass;
    private Thread thread;
    // Who took the gradients of the last pass; null when nothing was taken since.
    private String takenBy;
    // The forward pass before, when its gradients were not taken; else null.
    private String overtaken;

    LastForward(Layer layer) {
        this.layer = layer;
    }

    /** A forward pass was enqueued. */
    void set(SavedPass next) {
        String before = pass == null ? null : description();
        forget();
        overtaken = before;
        pass = next;
        thread = Thread.currentThread();
    }

    private String description() {
        return "forward of shape " + pass.input() + " on thread " + thread.getName();
    }

    /** The pass that a backward pass of this thread belongs to. */
    SavedPass get() {
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

    /** The gradients were taken. */
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
