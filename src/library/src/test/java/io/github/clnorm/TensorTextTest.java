package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.type.ElementType;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a person sees of a tensor, at any time and without an exception. */
@Tag("device")
class TensorTextTest {

    private final Backend backend = TestDevices.first();

    private static String text(Backend backend, String type, String shape, String content) {
        return "Tensor(" + type + ", " + shape + ", " + backend.device().name() + ", " + content + ")";
    }

    @OnEveryDevice
    void typeShapeDeviceAndFirstValues(Backend device) {
        try (Tensor small = device.tensor(new float[] {0.1f, -2, Float.NaN}, 3);
                Tensor large = device.tensor(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 4);
                Tensor half = device.tensor(ElementType.FLOAT16, new float[] {0.1f}, 1, 1);
                Tensor none = device.empty(2, 0)) {
            assertEquals(text(device, "float32", "[3]", "[0.1, -2.0, NaN]"), small.toString());
            assertEquals(text(device, "float32", "[2, 4]", "[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, …]"), large.toString());
            assertEquals(text(device, "float16", "[1, 1]", "[0.099975586]"), half.toString());
            assertEquals(text(device, "float32", "[2, 0]", "[]"), none.toString());
        }
    }

    @Test
    void aClosedTensorSaysSo() {
        Tensor tensor = backend.tensor(new float[2], 2);
        tensor.close();
        assertEquals(text(backend, "float32", "[2]", "closed"), tensor.toString());
        assertEquals(
                "the tensor of shape [2] is closed",
                assertThrows(IllegalStateException.class, tensor::toFloats).getMessage());
    }

    @Test
    void aTensorThatIsBeingWrittenSaysSo() {
        try (Tensor tensor = backend.tensor(new float[2], 2)) {
            tensor.write(
                    (at, piece) -> assertEquals(text(backend, "float32", "[2]", "being written"), tensor.toString()));
        }
    }

    /** Another thread keeps the lock: a compiler that takes seconds, or a thread that a debugger suspended. */
    @Test
    void aBusyBackendIsNotWaitedFor() throws InterruptedException {
        CountDownLatch locked = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        try (Tensor tensor = backend.tensor(new float[2], 2)) {
            CompletableFuture<Void> other =
                    CompletableFuture.runAsync(() -> backend.session().exclusively(() -> {
                        locked.countDown();
                        try {
                            done.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }));
            locked.await();
            assertEquals(text(backend, "float32", "[2]", "backend busy"), tensor.toString());
            done.countDown();
            other.join();
        }
    }

    @Test
    void aFailingDeviceIsNoException() {
        FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(backend.device(), false));
        Tensor tensor;
        try (Backend failing = new Backend(new Session(faulty.port(), backend.device()))) {
            tensor = failing.tensor(new float[2], 2);
            faulty.fail("read", 1);
            String text = tensor.toString();
            assertTrue(text.contains("not readable: "), text);
            faulty.heal();
        }
        assertEquals(text(backend, "float32", "[2]", "closed"), tensor.toString());
    }
}
