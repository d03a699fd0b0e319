package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reads that do not block see exactly the work enqueued before them, and report failures through their futures. */
@Tag("device")
@Tag("threads")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class AsyncReadTest {

    private static final int COUNT = 24;

    private static Throwable failure(CompletableFuture<?> future) throws InterruptedException {
        return assertThrows(ExecutionException.class, future::get).getCause();
    }

    @OnEveryDevice
    void aReadSeesTheWorkBeforeItAndNoneAfterIt(Backend backend) throws Exception {
        float[] values = Values.normal(1, COUNT, 3, 2);
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = backend.tensor(values, 2, 4, 3);
                Tensor y = norm.infer(x)) {
            float[] expected = y.toFloats();
            for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT16)) {
                List<CompletableFuture<float[]>> reads = new ArrayList<>();
                List<float[]> versions = new ArrayList<>();
                try (Tensor target = backend.empty(type, 2, 4, 3)) {
                    for (int i = 0; i < 5; i++) {
                        target.set(Values.constant(COUNT, i));
                        versions.add(Values.constant(COUNT, i));
                        reads.add(target.readAsync());
                    }
                    target.copyFrom(y);
                    versions.add(target.toFloats());
                    reads.add(target.readAsync());
                    target.set(Values.constant(COUNT, 99));
                }
                for (int i = 0; i < reads.size(); i++) {
                    assertArrayEquals(versions.get(i), reads.get(i).get(), type + ", read " + i);
                }
            }
            // The memory of a closed tensor is given to the next one.
            Tensor again = norm.infer(x);
            CompletableFuture<float[]> read = again.readAsync();
            again.close();
            try (Tensor next = backend.tensor(Values.constant(COUNT, 7), 2, 4, 3)) {
                assertArrayEquals(expected, read.get());
                assertEquals(7, next.toFloats()[0]);
            }
        }
    }

    @Test
    void whatCannotBeReadIsReportedThroughTheFuture() throws Exception {
        Backend backend = Backend.open(TestDevices.first().device());
        Tensor x = backend.tensor(Values.constant(COUNT, 1), COUNT);
        x.write((at, piece) -> {
            CompletableFuture<float[]> inside = x.readAsync();
            assertTrue(inside.isCompletedExceptionally());
        });
        assertArrayEquals(new float[0], backend.empty(0).readAsync().get());
        Tensor closed = backend.empty(COUNT);
        closed.close();
        assertInstanceOf(IllegalStateException.class, failure(closed.readAsync()));
        backend.close();
        assertInstanceOf(IllegalStateException.class, failure(x.readAsync()));
    }

    @Test
    void aFailingDeviceIsReportedThroughTheFuture() throws Exception {
        DeviceInfo device = TestDevices.first().device();
        FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(device, false));
        try (Backend backend = new Backend(new Session(faulty.port(), device));
                Tensor x = backend.tensor(Values.constant(COUNT, 1), COUNT)) {
            for (String call : List.of("createPinnedBuffer", "copy", "enqueueMap", "await", "unmap")) {
                // A buffer of an earlier read would be used again.
                backend.trim();
                faulty.fail(call, 1);
                assertInstanceOf(ClException.class, failure(x.readAsync()), call);
                faulty.heal();
                assertArrayEquals(Values.constant(COUNT, 1), x.readAsync().get(), "after a failing " + call);
            }
        }
    }

    /** A port whose waits for events are held up. */
    private static OpenCl held(OpenCl real, CountDownLatch inside, CountDownLatch go, List<Thread> threads) {
        return (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("await")) {
                        threads.add(Thread.currentThread());
                        inside.countDown();
                        go.await();
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void closingTheBackendWaitsForPendingReads() throws Exception {
        DeviceInfo device = TestDevices.first().device();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        Backend backend = new Backend(new Session(held(JoclOpenCl.open(device, false), inside, go, threads), device));
        List<CompletableFuture<float[]>> reads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (Tensor x = backend.tensor(Values.constant(COUNT, i), COUNT)) {
                reads.add(x.readAsync());
            }
        }
        inside.await();
        CompletableFuture<Void> closing = CompletableFuture.runAsync(backend::close);
        while (!backend.session().isClosed()) {
            Thread.onSpinWait();
        }
        assertFalse(closing.isDone());
        assertFalse(reads.get(0).isDone());
        go.countDown();
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(Values.constant(COUNT, i), reads.get(i).get());
        }
        closing.get();
        assertEquals(3, threads.size());
        for (Thread thread : threads) {
            assertSame(threads.get(0), thread, "one thread waits for all");
            assertTrue(thread.isDaemon());
        }
    }

    /** The caller's code does not run on the thread that later reads need. */
    @Test
    void aContinuationMayReadAndCloseTheBackend() throws Exception {
        Backend backend = Backend.open(TestDevices.first().device());
        Tensor x = backend.tensor(Values.constant(COUNT, 5), COUNT);
        CompletableFuture<Float> chain = x.readAsync()
                .thenApply(values -> x.readAsync().join()[0] + values[1])
                .thenApply(sum -> {
                    backend.close();
                    return sum;
                });
        assertEquals(10, chain.get());
        assertTrue(backend.session().isClosed());
    }
}
