package io.github.clnorm.internal.opencl;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static org.jocl.CL.clReleaseCommandQueue;

import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_device_id;

/**
 * What a thread needs to enqueue commands while other threads do so, too: a queue and the setter of arguments. A queue of
 * PoCL's basic device has one thread at a time: a command that is enqueued while another thread runs the one before is run by
 * that thread, and neither {@code clFinish} nor a blocking call waits for it (PoCL 3.1).
 */
final class Seat {

    /** Work-groups of a launch, of which idle ones take a few nanoseconds each. */
    static final int GRID = 128;

    private static final int COUNT_SHIFT = 48;

    private final int index;
    private final cl_command_queue commandQueue;
    final JoclQueue queue;
    private final JoclArguments setter;
    private final JoclPrograms programs;

    Seat(int index, JoclCheck check, cl_context context, cl_device_id device, JoclPrograms programs) {
        this.index = index;
        this.commandQueue = JoclQueue.create(check, context, device, false);
        this.queue = new JoclQueue(check, commandQueue, false);
        this.setter = new JoclArguments(check);
        this.programs = programs;
    }

    /**
     * Launches work-groups of one work-item that other seats may launch at the same time, and returns when they are done. All
     * launches have one grid: see fixed_grid.cl.
     *
     * @param groups at most {@link #GRID}
     */
    void runShare(TeamKernel kernel, TeamKernel.Arguments arguments, long first, long groups) {
        run(kernel, arguments, first | groups << COUNT_SHIFT, GRID, 1);
    }

    /** Launches some work-groups, and returns when they are done. */
    void run(TeamKernel kernel, TeamKernel.Arguments arguments, long first, long groups, int workGroupSize) {
        SeatKernel own = kernel.ofSeats[index];
        if (own == null) {
            own = new SeatKernel(programs.createKernel(kernel.program, kernel.name));
            kernel.ofSeats[index] = own;
        }
        own.place(setter, arguments, first);
        queue.enqueue(own.kernel, groups, workGroupSize, false);
        // The driver has run them already.
        queue.finish();
    }

    void close() {
        code(() -> clReleaseCommandQueue(commandQueue));
    }
}
