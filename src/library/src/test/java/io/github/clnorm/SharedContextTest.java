package io.github.clnorm;

import static org.jocl.CL.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.OwnOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jocl.cl_command_queue;
import org.jocl.cl_event;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Several queues in one context: the caller's, and those of several backends. */
@Tag("device")
class SharedContextTest {

    private static final int COUNT = 60;
    private static final long[] SHAPE = {2, 6, 5};
    private static final float[] VALUES = Values.normal(1, COUNT, 3, 2);
    // A chain that takes a device long enough to show a missing wait, and llvmpipe less than its limit of 65536 trips.
    private static final String SLOW = "kernel void slow(global float *x, global const float *from) {"
            + " float v = 0; for (int i = 0; i < 20000; i++) v = v * 0.5f + from[0];"
            + " x[get_global_id(0)] = from[get_global_id(0)] + (v > 1e30f ? 1 : 0); }";
    private static final String TWICE = "kernel void twice(global float *y, global const float *x) {"
            + " y[get_global_id(0)] = 2 * x[get_global_id(0)]; }";

    private static float[] expected(Backend any, float... values) {
        try (Tensor x = any.tensor(values, SHAPE);
                GroupNorm norm = GroupNorm.of(any, 3, 6);
                Tensor y = norm.infer(x)) {
            return y.toFloats();
        }
    }

    private static float[] twice(float... values) {
        float[] doubled = values.clone();
        for (int i = 0; i < doubled.length; i++) {
            doubled[i] *= 2;
        }
        return doubled;
    }

    /** Kernel, norm, kernel, each on another queue, ordered by events alone. */
    private static void between(OwnOpenCl own, cl_command_queue queue, Backend any) {
        Backend backend = own.backend(queue);
        cl_command_queue before = own.queue();
        cl_command_queue after = own.queue();
        cl_kernel slow = own.kernel("slow", SLOW);
        cl_kernel twice = own.kernel("twice", TWICE);
        cl_mem source = own.buffer(CL_MEM_READ_ONLY, VALUES);
        cl_mem in = own.buffer(COUNT * Float.BYTES);
        cl_mem out = own.buffer(COUNT * Float.BYTES);
        cl_mem last = own.buffer(COUNT * Float.BYTES);
        float[] expected = twice(expected(any, VALUES));
        try (GroupNorm norm = GroupNorm.of(backend, 3, 6);
                Tensor x = backend.wrap(in, ElementType.FLOAT32, SHAPE);
                Tensor y = backend.wrap(out, ElementType.FLOAT32, SHAPE)) {
            for (int turn = 0; turn < 3; turn++) {
                backend.waitFor(own.launch(before, slow, COUNT, null, in, source));
                norm.infer(x, Options.DEFAULTS.output(y));
                own.launch(after, twice, COUNT, own.released(backend.mark()), last, out);
                assertArrayEquals(expected, own.read(after, last, COUNT));
                own.write(after, last, new float[COUNT]);
                own.write(before, in, new float[COUNT]);
                own.write(before, out, new float[COUNT]);
            }
        }
    }

    @OnEveryDevice
    void eventsOrderTheCallersQueuesWithOurs(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            between(own, own.queue(), any);
        }
    }

    @OnEveryDevice
    void anOutOfOrderQueueGivesTheSameBits(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            cl_command_queue queue = own.queue(outOfOrder(own));
            between(own, queue, any);
            Backend backend = own.backend(queue);
            float[] dy = Values.normal(2, COUNT, 0, 1);
            float[] dx;
            try (Tensor x = any.tensor(VALUES, SHAPE);
                    Tensor gradient = any.tensor(dy, SHAPE);
                    BatchNorm norm = BatchNorm.of1d(any, 6);
                    Recorded pass = norm.record(x);
                    Gradients gradients = pass.backward(gradient)) {
                dx = gradients.input().toFloats();
            }
            try (Tensor x = backend.tensor(VALUES, SHAPE);
                    Tensor gradient = backend.tensor(dy, SHAPE);
                    BatchNorm norm = BatchNorm.of1d(backend, 6)) {
                for (int turn = 0; turn < 5; turn++) {
                    try (Recorded pass = norm.record(x);
                            Gradients gradients = pass.backward(gradient);
                            Tensor copy = backend.empty(SHAPE)) {
                        copy.copyFrom(gradients.input());
                        assertArrayEquals(dx, copy.toFloats());
                    }
                }
            }
        }
    }

    /** The caller's kernels on the same out-of-order queue, without events. */
    @OnEveryDevice
    void theCallersCommandsOnAnOutOfOrderQueueAreOrderedWithOurs(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            cl_command_queue queue = own.queue(outOfOrder(own));
            Backend backend = own.backend(queue);
            cl_kernel slow = own.kernel("slow", SLOW);
            cl_mem source = own.buffer(CL_MEM_READ_ONLY, VALUES);
            cl_mem in = own.buffer(COUNT * Float.BYTES);
            cl_mem last = own.buffer(COUNT * Float.BYTES);
            try (GroupNorm norm = GroupNorm.of(backend, 3, 6);
                    Tensor x = backend.wrap(in, ElementType.FLOAT32, SHAPE);
                    Tensor y = backend.empty(SHAPE)) {
                own.launch(queue, slow, COUNT, null, in, source);
                norm.infer(x, Options.DEFAULTS.output(y));
                own.launch(queue, slow, COUNT, null, last, y.memory());
                backend.finish();
                assertArrayEquals(expected(any, VALUES), own.read(queue, last, COUNT));
            }
        }
    }

    /** The property, or none if the device has no queues out of order. */
    private static long outOfOrder(OwnOpenCl own) {
        return own.hasOutOfOrderQueues() ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0;
    }

    @Test
    void someDeviceHasOutOfOrderQueues() {
        assertTrue(
                TestDevices.all().anyMatch(backend -> {
                    try (OwnOpenCl own = new OwnOpenCl(backend.device())) {
                        return own.hasOutOfOrderQueues();
                    }
                }),
                "no device has out-of-order queues: these tests need one, such as PoCL's");
    }

    @OnEveryDevice
    void backendsOfOneContextTakeEachOthersTensors(Backend any) {
        float[] expected = expected(any, VALUES);
        float[] again = expected(any, expected);
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            Backend first = own.backend();
            Backend second = own.backend();
            try (GroupNorm ofFirst = GroupNorm.of(first, 3, 6);
                    GroupNorm ofSecond = GroupNorm.of(second, 3, 6);
                    Tensor x = first.empty(SHAPE)) {
                for (int turn = 0; turn < 10; turn++) {
                    x.set(VALUES);
                    try (Tensor y = ofSecond.infer(x);
                            Tensor z = ofFirst.infer(y);
                            Tensor copy = second.empty(SHAPE)) {
                        assertSame(second, y.backend());
                        assertSame(first, z.backend());
                        copy.copyFrom(z);
                        assertArrayEquals(again, copy.toFloats());
                        ofSecond.infer(x, Options.DEFAULTS.output(x));
                        assertArrayEquals(expected, x.toFloats());
                    }
                }
                try (Recorded pass = ofSecond.record(x);
                        Gradients gradients = pass.backward(x)) {
                    assertSame(second, gradients.input().backend());
                    x.set(VALUES);
                    assertThrows(IllegalStateException.class, () -> pass.backward(x));
                }
            }
        }
    }

    @OnEveryDevice
    void aTensorOutlivesTheBackendThatWrappedTheSameMemory(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            Backend first = own.backend();
            Backend second = own.backend();
            Tensor x = first.tensor(VALUES, SHAPE);
            try (Tensor wrapped = second.wrap(x.memory(), ElementType.FLOAT32, SHAPE)) {
                long version = wrapped.version();
                x.set(VALUES);
                assertEquals(version + 1, wrapped.version());
                try (GroupNorm norm = GroupNorm.of(second, 3, 6)) {
                    IllegalArgumentException e = assertThrows(
                            IllegalArgumentException.class,
                            () -> norm.infer(wrapped, Options.DEFAULTS.output(x).sum(x)));
                    assertTrue(
                            e.getMessage().contains("residual")
                                    || e.getMessage().contains("sum"),
                            e.getMessage());
                }
                first.close();
                assertArrayEquals(VALUES, wrapped.toFloats());
            }
        }
    }

    @Test
    void backendsOfTwoContextsDoNot() {
        try (OwnOpenCl own = new OwnOpenCl(TestDevices.first().device());
                OwnOpenCl other = new OwnOpenCl(TestDevices.first().device())) {
            Backend first = own.backend();
            Backend second = other.backend();
            try (GroupNorm norm = GroupNorm.of(first, 3, 6);
                    Tensor x = second.tensor(VALUES, SHAPE)) {
                assertThrows(IllegalArgumentException.class, () -> norm.infer(x));
            }
        }
    }

    @Test
    void threadsMayUseBackendsOfOneContextCrosswise() throws Exception {
        float[] expected = expected(TestDevices.first(), VALUES);
        try (OwnOpenCl own = new OwnOpenCl(TestDevices.first().device())) {
            Backend first = own.backend();
            Backend second = own.backend();
            try (GroupNorm ofFirst = GroupNorm.of(first, 3, 6);
                    GroupNorm ofSecond = GroupNorm.of(second, 3, 6);
                    Tensor a = first.tensor(VALUES, SHAPE);
                    Tensor b = second.tensor(VALUES, SHAPE)) {
                Threads.eight(false, number -> {
                    for (int i = 0; i < 50; i++) {
                        try (Tensor y = number % 2 == 0 ? ofFirst.infer(b) : ofSecond.infer(a)) {
                            assertArrayEquals(expected, y.toFloats());
                        }
                    }
                });
            }
        }
    }

    @OnEveryDevice
    void eventsThatDoNotFitAreRejected(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device());
                OwnOpenCl other = new OwnOpenCl(any.device())) {
            Backend backend = own.backend();
            assertEquals(
                    "Expected one event or more, but got none",
                    assertThrows(IllegalArgumentException.class, backend::waitFor)
                            .getMessage());
            assertEquals(
                    "events",
                    assertThrows(NullPointerException.class, () -> backend.waitFor((cl_event[]) null))
                            .getMessage());
            assertEquals(
                    "event",
                    assertThrows(NullPointerException.class, () -> backend.waitFor((cl_event) null))
                            .getMessage());
            cl_event foreign = other.released(other.backend().mark());
            cl_event ours = own.released(backend.mark());
            assertTrue(assertThrows(IllegalArgumentException.class, () -> backend.waitFor(ours, foreign))
                    .getMessage()
                    .startsWith("event 1 of 2 belongs to another context"));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> backend.waitFor(new cl_event()))
                    .getMessage()
                    .contains("CL_INVALID_EVENT"));
            cl_event failed = own.released(clCreateUserEvent(own.context(), null));
            OwnOpenCl.check(clSetUserEventStatus(failed, -5), "clSetUserEventStatus");
            assertEquals(
                    "event 0 of 1 belongs to a command that failed, with status -5",
                    assertThrows(IllegalArgumentException.class, () -> backend.waitFor(failed))
                            .getMessage());
            backend.waitFor(ours, ours);
            backend.close();
            assertThrows(IllegalStateException.class, () -> backend.waitFor(ours));
            assertThrows(IllegalStateException.class, backend::mark);
        }
    }

    @OnEveryDevice
    void aUserEventHoldsOurWorkBack(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            Backend backend = own.backend();
            cl_event gate = own.released(clCreateUserEvent(own.context(), null));
            try (Tensor x = backend.tensor(VALUES, SHAPE);
                    GroupNorm norm = GroupNorm.of(backend, 3, 6)) {
                backend.waitFor(gate);
                try (Tensor y = norm.infer(x)) {
                    cl_event done = own.released(backend.mark());
                    assertTrue(OwnOpenCl.status(done) > CL_COMPLETE);
                    OwnOpenCl.check(clSetUserEventStatus(gate, CL_COMPLETE), "clSetUserEventStatus");
                    assertArrayEquals(expected(any, VALUES), y.toFloats());
                    OwnOpenCl.check(clWaitForEvents(1, new cl_event[] {done}), "clWaitForEvents");
                }
            }
        }
    }

    /** Plain tensors, which nothing shares until another backend uses them for the first time. */
    @OnEveryDevice
    void theFirstUseByAnotherBackendIsOrdered(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            Backend first = own.backend(own.queue());
            Backend second = own.backend(own.queue());
            float[] normalized = expected(any, VALUES);
            try (GroupNorm norm = GroupNorm.of(second, 3, 6);
                    Tensor x = first.tensor(VALUES, SHAPE);
                    Tensor y = first.tensor(new float[COUNT], SHAPE);
                    Tensor warmUp = norm.infer(x)) {
                assertArrayEquals(normalized, warmUp.toFloats());
                // Written by the second one, then read by the first.
                held(own, second, () -> norm.infer(x, Options.DEFAULTS.output(y)), () -> {
                    assertArrayEquals(normalized, y.toFloats());
                });
            }
            try (GroupNorm norm = GroupNorm.of(second, 3, 6);
                    Tensor x = first.tensor(VALUES, SHAPE);
                    Tensor other = first.tensor(new float[COUNT], SHAPE);
                    Tensor y = second.empty(SHAPE)) {
                // Read by the second one, then overwritten by the first.
                held(own, second, () -> norm.infer(x, Options.DEFAULTS.output(y)), () -> x.copyFrom(other));
                first.finish();
                assertArrayEquals(normalized, y.toFloats());
            }
        }
    }

    /** Runs both parts while an event holds back what the first one enqueues. */
    private static void held(OwnOpenCl own, Backend backend, Runnable enqueues, Runnable uses) {
        cl_event gate = own.released(clCreateUserEvent(own.context(), null));
        backend.waitFor(gate);
        enqueues.run();
        // Later than a read that does not wait.
        CompletableFuture<Void> opened = CompletableFuture.runAsync(
                () -> OwnOpenCl.check(clSetUserEventStatus(gate, CL_COMPLETE), "clSetUserEventStatus"),
                CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS));
        try {
            uses.run();
        } finally {
            // A context must not be released while a command waits for the event.
            opened.join();
        }
    }
}
