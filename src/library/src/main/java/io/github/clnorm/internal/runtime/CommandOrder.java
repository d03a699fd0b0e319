package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;

/** Orders a session's commands with those of another session on the same context. The sessions' lock guards it. */
final class CommandOrder {

    private final OpenCl openCl;
    private boolean ended;

    CommandOrder(OpenCl openCl) {
        this.openCl = openCl;
    }

    /** Lets the commands that are enqueued from now on wait for all that the other session has enqueued. */
    void after(CommandOrder other) {
        if (other == this || other.ended) {
            return;
        }
        OpenCl.Event event = other.openCl.mark();
        try {
            openCl.waitFor(event);
        } finally {
            openCl.release(event);
        }
    }

    /** Called when all commands of the session are done, before its queue is released. */
    void end() {
        ended = true;
    }
}
