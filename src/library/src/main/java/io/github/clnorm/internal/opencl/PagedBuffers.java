package io.github.clnorm.internal.opencl;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static org.jocl.CL.CL_MEM_REFERENCE_COUNT;
import static org.jocl.CL.CL_SUCCESS;
import static org.jocl.CL.clGetMemObjectInfo;
import static org.jocl.CL.clReleaseMemObject;

import io.github.clnorm.internal.driver.HostPages;
import io.github.clnorm.internal.driver.HugePageSupport;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_mem;

/**
 * Memory in huge pages for OpenCL's buffers, and when it may be used for others. One for the process, because a buffer that
 * an application has retained outlives its backend.
 *
 * <p>A released buffer lives on while commands, sub-buffers or an application refer to it. So this class keeps its own
 * reference until it is the last one, and releases the buffer then: PoCL, too, would free memory of its own at that moment.
 * Each call looks at a few of the waiting buffers, and the end of a queue's work is a time to look at those that commands use.
 *
 * <p>Thread-safe.
 */
final class PagedBuffers {

    // Bounds the time of a call where an application retains thousands of buffers.
    private static final int LOOKS = 8;

    private final HostPages pages;
    private final PageArena arena;
    // Commands may use these.
    private final Queue<Released> waiting = new ConcurrentLinkedQueue<>();
    // These were referred to after a queue's work was done, too.
    private final Queue<Released> retained = new ConcurrentLinkedQueue<>();

    /** A released buffer that others may still refer to. */
    private record Released(cl_mem memory, PageArena.Block block) {}

    /** Memory for one buffer. */
    final class Backing {
        private final PageArena.Block block;

        private Backing(PageArena.Block block) {
            this.block = block;
        }

        /** The host pointer for making the buffer. */
        ByteBuffer hostPointer() {
            return pages.at(block.address());
        }

        /** Takes the memory back, as no buffer was made. */
        void cancel() {
            arena.give(block);
        }

        /**
         * Releases the buffer, and takes the memory back when nothing refers to it any more.
         *
         * @param memory the buffer that was made; the caller gives its reference away
         */
        void release(cl_mem memory) {
            keepUnlessTakenBack(new Released(memory, block), waiting);
            lookAtFew();
        }
    }

    /** That of the process. Made when it is first needed: starting JNA takes up to a tenth of a second. */
    private static final class OfProcess {
        static final Optional<PagedBuffers> BUFFERS =
                HugePageSupport.ofThisMachine().pages().map(PagedBuffers::new);

        private OfProcess() {}
    }

    PagedBuffers(HostPages pages) {
        this.pages = pages;
        this.arena = new PageArena(pages);
    }

    /** The one of this process; empty if the system has no huge pages. */
    static Optional<PagedBuffers> ofProcess() {
        return OfProcess.BUFFERS;
    }

    /** Takes memory for a buffer; null if there is none. */
    Backing take(long bytes) {
        lookAtFew();
        PageArena.Block block = arena.take(bytes);
        return block == null ? null : new Backing(block);
    }

    /** Looks at the buffers that commands may have used, after these are done. */
    void look() {
        for (Released next = waiting.poll(); next != null; next = waiting.poll()) {
            keepUnlessTakenBack(next, retained);
        }
        look(retained, LOOKS);
    }

    /** Looks at all buffers. */
    void lookAtAll() {
        look();
        look(retained, retained.size());
    }

    private void lookAtFew() {
        look(waiting, LOOKS);
        look(retained, LOOKS);
    }

    private void look(Queue<Released> queue, int most) {
        for (int i = 0; i < most; i++) {
            Released next = queue.poll();
            if (next == null) {
                return;
            }
            keepUnlessTakenBack(next, queue);
        }
    }

    private void keepUnlessTakenBack(Released released, Queue<Released> queue) {
        if (!isTakenBack(released)) {
            queue.add(released);
        }
    }

    /** Takes the memory back if nothing else refers to the buffer. No other thread has this one. */
    private boolean isTakenBack(Released released) {
        int[] references = new int[1];
        int asked = code(() -> clGetMemObjectInfo(
                released.memory, CL_MEM_REFERENCE_COUNT, Sizeof.cl_uint, Pointer.to(references), null));
        if (asked != CL_SUCCESS
                || references[0] != 1
                || code(() -> clReleaseMemObject(released.memory)) != CL_SUCCESS) {
            return false;
        }
        arena.give(released.block);
        return true;
    }
}
