package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Piece;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transfers give right bytes or are rejected, whatever callbacks and other threads do; a thread that waits keeps no other from working. */
@Tag("device")
@Tag("threads")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@SuppressWarnings("try")
class TransferTest {

    // More than one piece of a transfer.
    private static final int LARGE = 3 << 20;

    private static FutureTask<String> start(String name, Runnable action) {
        FutureTask<String> task = new FutureTask<>(() -> {
            try {
                action.run();
                return "done";
            } catch (IllegalStateException e) {
                return e.getMessage();
            }
        });
        new Thread(task, name).start();
        return task;
    }

    private static float[] counting(int count, int factor) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) i * factor;
        }
        return values;
    }

    @OnEveryDevice
    void aCallbackMayReadAnotherTensorPieceByPiece(Backend backend) {
        float[] values = counting(LARGE, 1);
        try (Tensor from = backend.tensor(values, LARGE);
                Tensor to = backend.empty(LARGE)) {
            to.write((at, piece) -> from.read((offset, bytes) -> {
                if (offset == at) {
                    piece.put(bytes);
                }
            }));
            assertArrayEquals(values, to.toFloats());
        }
    }

    /** A piece has no room beyond itself, and no other transfer sees what a callback does with it later. */
    @OnEveryDevice
    void aCallbackSeesNoBytesOfAnotherTensor(Backend backend) {
        float[] values = counting(LARGE, 1);
        float[] nines = Values.constant(4, 9);
        List<ByteBuffer> kept = new ArrayList<>();
        Piece keeping = (at, piece) -> {
            assertEquals(16, piece.capacity());
            kept.add(piece);
        };
        try (Tensor large = backend.tensor(values, LARGE);
                Tensor small = backend.tensor(nines, 4)) {
            large.toFloats();
            small.read(keeping);
            small.write(keeping);
            small.set(nines);
            large.set(values);
            for (ByteBuffer piece : kept) {
                piece.clear().put(new byte[16]);
            }
            assertArrayEquals(nines, small.toFloats());
            assertArrayEquals(values, large.toFloats());
        }
    }

    /** Between two pieces the garbage collector may run. */
    @Test
    void aTensorIsReadToItsEndAlsoWhenNothingElseRefersToIt() {
        Backend backend = TestDevices.first();
        for (int i = 0; i < 5; i++) {
            int[] pieces = new int[1];
            backend.tensor(counting(LARGE, 1), LARGE).read((at, piece) -> {
                pieces[0]++;
                System.gc();
            });
            assertTrue(pieces[0] > 1);
        }
    }

    @Test
    void nullCallbacksAreRejectedAndChangeNothing() {
        Backend backend = TestDevices.first();
        try (Tensor x = backend.tensor(new float[4], 4)) {
            assertThrows(NullPointerException.class, () -> x.write(null));
            assertThrows(NullPointerException.class, () -> x.read(null));
            assertThrows(NullPointerException.class, () -> x.set((float[]) null));
            assertEquals(1, x.version());
        }
    }

    @OnEveryDevice
    void whatACallbackDoesNotFillIsZero(Backend backend) {
        float[] nines = Values.constant(4, 9);
        try (Tensor to = backend.tensor(nines, 4)) {
            to.write((at, piece) -> {
                piece.putFloat(0, 1);
                backend.tensor(nines, 4).close();
            });
            assertArrayEquals(new float[] {1, 0, 0, 0}, to.toFloats());
            to.write((at, piece) -> assertEquals(16, piece.remaining()));
            assertArrayEquals(new float[4], to.toFloats());
        }
    }

    @Test
    void aTensorThatIsBeingWrittenIsRejectedElsewhere() {
        Backend backend = TestDevices.first();
        float[] values = counting(8, 1);
        try (Tensor x = backend.tensor(values, 2, 4);
                Tensor other = backend.empty(2, 4);
                GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
            List<Runnable> uses = List.of(
                    x::toFloats,
                    () -> x.set(values),
                    () -> x.write((at, piece) -> {}),
                    () -> other.copyFrom(x),
                    () -> x.copyFrom(other),
                    () -> norm.infer(x),
                    () -> norm.infer(other, Options.DEFAULTS.output(x)));
            for (Runnable use : uses) {
                x.write((at, piece) -> {
                    IllegalStateException e = assertThrows(IllegalStateException.class, use::run);
                    assertTrue(e.getMessage().contains("was used in the callback that is writing it"), e.getMessage());
                    for (int i = 0; i < values.length; i++) {
                        piece.putFloat(4 * i, values[i]);
                    }
                });
                assertArrayEquals(values, x.toFloats(), "the transfer itself is right");
            }
        }
    }

    @Test
    void aFailingCallbackLeavesTheTensorUsable() {
        Backend backend = TestDevices.first();
        try (Tensor x = backend.tensor(new float[4], 4)) {
            assertThrows(
                    ArithmeticException.class,
                    () -> x.write((at, piece) -> {
                        throw new ArithmeticException();
                    }));
            x.set(new float[] {1, 2, 3, 4});
            assertThrows(
                    ArithmeticException.class,
                    () -> x.read((at, piece) -> {
                        throw new ArithmeticException();
                    }));
            assertArrayEquals(new float[] {1, 2, 3, 4}, x.toFloats());
        }
    }

    @Test
    void aCallbackMayCloseTheTensorOrTheBackend() {
        for (boolean all : new boolean[] {false, true}) {
            Backend backend = Backend.open(TestDevices.first().device());
            Tensor x = backend.empty(LARGE);
            AutoCloseable closed = all ? backend : x;
            for (boolean write : new boolean[] {true, false}) {
                Piece closing = (at, piece) -> {
                    try {
                        closed.close();
                    } catch (Exception e) {
                        throw new IllegalArgumentException(e);
                    }
                };
                String refusal = assertThrows(IllegalStateException.class, () -> {
                            if (write) {
                                x.write(closing);
                            } else {
                                x.read(closing);
                            }
                        })
                        .getMessage();
                assertTrue(refusal.contains("closed"), refusal);
            }
            backend.close();
        }
    }

    /** Each thread writes its tensor from the other's, over one backend and over two: no deadlock. */
    @Test
    void transfersInOppositeOrderEnd() throws Exception {
        try (Backend first = Backend.open(TestDevices.first().device());
                Backend second = Backend.open(TestDevices.first().device())) {
            for (Backend other : new Backend[] {first, second}) {
                float[] ones = Values.constant(LARGE, 1);
                float[] twos = Values.constant(LARGE, 2);
                try (Tensor a = first.tensor(ones, LARGE);
                        Tensor b = other.tensor(twos, LARGE)) {
                    for (int round = 0; round < 20; round++) {
                        a.set(ones);
                        b.set(twos);
                        CyclicBarrier together = new CyclicBarrier(2);
                        FutureTask<String> ab = start("a from b", () -> crossWrite(a, b, together));
                        FutureTask<String> ba = start("b from a", () -> crossWrite(b, a, together));
                        for (FutureTask<String> task : List.of(ab, ba)) {
                            String outcome = task.get();
                            assertTrue(
                                    outcome.equals("done")
                                            || outcome.contains("being written by a transfer of thread")
                                            || outcome.contains("while it was being read"),
                                    outcome);
                        }
                        if (ab.get().equals("done")) {
                            assertUniform(a.toFloats());
                        }
                        if (ba.get().equals("done")) {
                            assertUniform(b.toFloats());
                        }
                    }
                }
            }
        }
    }

    private static void crossWrite(Tensor to, Tensor from, CyclicBarrier together) {
        boolean[] met = new boolean[1];
        to.write((at, piece) -> {
            if (!met[0]) {
                met[0] = true;
                await(together);
            }
            from.read((offset, bytes) -> {
                if (offset == at) {
                    piece.put(bytes);
                }
            });
        });
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static void assertUniform(float[] values) {
        for (float value : values) {
            assertTrue(value == 1 || value == 2, () -> "neither the one tensor's nor the other's value: " + value);
        }
    }

    @OnEveryDevice
    void copiesConvertTypesAndCrossBackends(Backend backend) {
        int count = (1 << 16) + 3;
        float[] values = Values.normal(1, count, 0, 1);
        try (Backend elsewhere = Backend.open(backend.device())) {
            for (Backend other : new Backend[] {backend, elsewhere}) {
                for (ElementType from : ElementType.values()) {
                    for (ElementType to : ElementType.values()) {
                        if ((from == ElementType.FLOAT64 || to == ElementType.FLOAT64)
                                && !backend.device().fp64()) {
                            continue;
                        }
                        try (Tensor source = backend.tensor(from, values, count);
                                Tensor target = other.empty(to, count);
                                Tensor expected = other.tensor(to, source.toDoubles(), count)) {
                            target.copyFrom(source);
                            assertArrayEquals(expected.toDoubles(), target.toDoubles(), from + " to " + to);
                        }
                    }
                }
            }
            try (Tensor x = backend.tensor(values, count);
                    Tensor wrong = backend.empty(count - 1);
                    Tensor empty = backend.empty(0);
                    Tensor none = elsewhere.empty(0)) {
                String refusal = assertThrows(IllegalArgumentException.class, () -> wrong.copyFrom(x))
                        .getMessage();
                assertTrue(refusal.contains("[65538]") && refusal.contains("[65539]"), refusal);
                x.copyFrom(x);
                assertEquals(1, x.version(), "a copy onto itself writes nothing");
                empty.copyFrom(none);
                assertThrows(NullPointerException.class, () -> x.copyFrom(null));
            }
        }
    }

    /** An OpenCL port whose blocking calls are held up. */
    private static final class Held {
        final AtomicReference<String> call = new AtomicReference<>("");
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        final List<Thread> threads = new ArrayList<>();

        OpenCl port(OpenCl real) {
            return (OpenCl) Proxy.newProxyInstance(
                    OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                        if (call.compareAndSet(method.getName(), "")) {
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
    }

    @Test
    void waitingKeepsNoOtherThreadFromEnqueueing() throws Exception {
        float[] values = Values.normal(1, 8, 0, 1);
        for (String call : List.of("finish", "read", "write")) {
            Held held = new Held();
            var device = TestDevices.first().device();
            try (Backend backend = new Backend(new Session(held.port(JoclOpenCl.open(device, false)), device));
                    Tensor x = backend.tensor(values, 2, 4);
                    Tensor waited = backend.tensor(values, 2, 4);
                    GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
                held.call.set(call);
                FutureTask<String> waiting = start(
                        "waiting",
                        switch (call) {
                            case "finish" -> backend::finish;
                            case "read" -> waited::toFloats;
                            default -> () -> waited.set(values);
                        });
                held.inside.await();
                try (Tensor empty = backend.empty(4);
                        Recorded recorded = norm.record(x);
                        Gradients gradients = recorded.backward(recorded.output())) {
                    assertEquals(8, gradients.input().toFloats().length);
                    assertEquals(4, empty.elements());
                    backend.finish();
                }
                assertFalse(waiting.isDone());
                if (call.equals("write")) {
                    String refusal = assertThrows(IllegalStateException.class, waited::toFloats)
                            .getMessage();
                    assertTrue(refusal.contains("being written by a transfer of thread waiting"), refusal);
                }
                // Its memory is needed until the call returns.
                waited.close();
                float[] others = Values.constant(8, 7);
                try (Tensor next = backend.tensor(others, 2, 4)) {
                    held.go.countDown();
                    assertEquals("done", waiting.get());
                    assertArrayEquals(others, next.toFloats());
                }
            }
        }
    }

    @Test
    void aBackendThatIsClosedLetsTransfersReturn() throws Exception {
        Held held = new Held();
        var device = TestDevices.first().device();
        Backend backend = new Backend(new Session(held.port(JoclOpenCl.open(device, false)), device));
        float[] values = counting(4, 3);
        Tensor x = backend.tensor(values, 4);
        held.call.set("read");
        AtomicReference<float[]> read = new AtomicReference<>();
        FutureTask<String> reading = start("reading", () -> read.set(x.toFloats()));
        held.inside.await();
        FutureTask<String> closing = start("closing", backend::close);
        // From here on the backend is closed to everything new.
        while (!backend.session().isClosed()) {
            Thread.onSpinWait();
        }
        assertFalse(closing.isDone());
        String refusal =
                assertThrows(IllegalStateException.class, backend::finish).getMessage();
        assertTrue(refusal.contains("is closed"), refusal);
        held.go.countDown();
        assertEquals("done", reading.get());
        assertEquals("done", closing.get());
        assertArrayEquals(values, read.get());
    }

    @Test
    void aReadThatIsOvertakenByAWriteIsRejected() {
        Backend backend = TestDevices.first();
        try (Tensor x = backend.tensor(new float[LARGE], LARGE);
                Tensor other = backend.tensor(new float[LARGE], LARGE)) {
            IllegalStateException e =
                    assertThrows(IllegalStateException.class, () -> x.read((at, piece) -> x.copyFrom(other)));
            assertTrue(e.getMessage().contains("written by Tensor.copyFrom on thread"), e.getMessage());
            assertTrue(e.getMessage().contains("while it was being read"), e.getMessage());
        }
    }

    /** A virtual thread that blocks in a native call would keep its carrier from running others. */
    @Test
    void virtualThreadsBlockOnPlatformThreads() throws Exception {
        if (Runtime.version().feature() < 21) {
            // There are none: the second run of these tests, on a newer Java, has them.
            return;
        }
        Held held = new Held();
        held.go.countDown();
        var device = TestDevices.first().device();
        try (Backend backend = new Backend(new Session(held.port(JoclOpenCl.open(device, false)), device));
                Tensor x = backend.tensor(new float[4], 4)) {
            for (String call : List.of("finish", "read", "write")) {
                held.call.set(call);
                FutureTask<String> task = new FutureTask<>(() -> {
                    switch (call) {
                        case "finish" -> backend.finish();
                        case "read" -> x.toFloats();
                        default -> x.set(new float[4]);
                    }
                    return "done";
                });
                Threads.startVirtual(task).join();
                assertEquals("done", task.get());
            }
            assertEquals(3, held.threads.size());
            for (Thread thread : held.threads) {
                assertTrue(thread.getName().startsWith("clnorm-native-call"), thread.toString());
            }
        }
    }
}
