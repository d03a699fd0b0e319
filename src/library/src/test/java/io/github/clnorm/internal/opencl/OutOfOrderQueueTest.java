package io.github.clnorm.internal.opencl;

import static org.jocl.CL.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.OwnOpenCl;
import org.jocl.cl_command_queue;
import org.jocl.cl_event;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;

/**
 * Barriers around the commands on an out-of-order queue. The caller's commands use other buffers than clnorm's: PoCL
 * orders commands on the same buffer by itself.
 */
class OutOfOrderQueueTest {

    private static final String ONE = "kernel void one(global float *x) { x[get_global_id(0)] = 1; }";

    private static boolean isDone(cl_event event) {
        return OwnOpenCl.status(event) == CL_COMPLETE;
    }

    @OnEveryDevice
    void ourCommandsAreAmongTheCallersInTheOrderOfTheCalls(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            if (!own.hasOutOfOrderQueues()) {
                return;
            }
            cl_command_queue queue = own.queue(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
            cl_command_queue other = own.queue();
            cl_kernel one = own.kernel("one", ONE);
            cl_mem first = own.buffer(4096);
            cl_mem last = own.buffer(4096);
            cl_mem elsewhere = own.buffer(4096);
            cl_event gate = own.released(clCreateUserEvent(own.context(), null));
            try (JoclOpenCl port = JoclOpenCl.on(any.device(), own.context(), queue)) {
                OpenCl.Program program = port.build(ONE, "");
                OpenCl.Kernel kernel = port.createKernel(program, "one");
                OpenCl.Memory memory = port.createBuffer(4096);
                port.setArgument(kernel, 0, memory);
                own.launch(queue, one, 1, gate, first);
                cl_event ours = JoclOpenCl.object(port.enqueue(kernel, 1, 1, true));
                port.flush();
                cl_event after = own.launch(queue, one, 1, null, last);
                OwnOpenCl.check(clFlush(queue), "clFlush");
                for (int i = 0; i < 20; i++) {
                    own.launch(other, one, 1, null, elsewhere);
                    assertEquals(1, own.read(other, elsewhere, 1)[0]);
                }
                assertTrue(!isDone(ours), "it waits for the caller's command before");
                assertTrue(!isDone(after), "it waits for ours");
                OwnOpenCl.check(clSetUserEventStatus(gate, CL_COMPLETE), "clSetUserEventStatus");
                port.finish();
                assertTrue(isDone(ours) && isDone(after));
                clReleaseEvent(ours);
                port.release(kernel);
                port.release(program);
                port.release(memory);
            }
        }
    }
}
