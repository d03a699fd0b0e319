package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.Soak;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Eight threads on one backend, one layer, one tensor: each gets what it would get alone. */
@Tag("device")
@Tag("threads")
@Tag("stress")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class ThreadSafetyTest {

    private static final int THREADS = 8;
    private static final long[] SHAPE = {2, 4, 100};
    private static final int COUNT = 800;
    private static final int ROUNDS = 40;

    private final Backend backend = TestDevices.first();
    private final float[][] x = new float[THREADS][];
    private final float[][] y = new float[THREADS][];
    private final float[][] dx = new float[THREADS][];
    private final float[][] dWeight = new float[THREADS][];

    ThreadSafetyTest() {
        for (int i = 0; i < THREADS; i++) {
            x[i] = Values.normal(i, COUNT, i, 1 + i);
            try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                    Tensor input = backend.tensor(x[i], SHAPE);
                    Recorded recorded = norm.record(input);
                    Gradients gradients = recorded.backward(input)) {
                y[i] = recorded.output().toFloats();
                dx[i] = gradients.input().toFloats();
                dWeight[i] = gradients.weight().toFloats();
            }
        }
    }

    @Test
    void oneLayerOfEightThreads() throws Exception {
        for (boolean virtual : Threads.kinds()) {
            try (GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
                Threads.eight(virtual, number -> {
                    for (int round = 0; round < Soak.steps(ROUNDS, 10_000); round++) {
                        try (Tensor input = backend.tensor(x[number], SHAPE);
                                Recorded recorded = norm.record(input);
                                Gradients gradients = recorded.backward(input);
                                Tensor inferred = norm.infer(input)) {
                            Errors.assertSameBits(y[number], recorded.output().toFloats(), "output");
                            Errors.assertSameBits(y[number], inferred.toFloats(), "inferred");
                            Errors.assertSameBits(dx[number], gradients.input().toFloats(), "dx");
                            Errors.assertSameBits(
                                    dWeight[number], gradients.weight().toFloats(), "dWeight");
                        }
                    }
                });
            }
        }
    }

    /** The short form with threads that come in between: the right gradients, or a refusal. */
    @Test
    void theShortFormIsNeverWrong() throws Exception {
        for (boolean virtual : Threads.kinds()) {
            AtomicInteger taken = new AtomicInteger();
            try (GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
                Threads.eight(virtual, number -> {
                    for (int round = 0; round < Soak.steps(ROUNDS, 10_000); round++) {
                        try (Tensor input = backend.tensor(x[number], SHAPE);
                                Tensor output = norm.forward(input)) {
                            Errors.assertSameBits(y[number], output.toFloats(), "output");
                            try (Gradients gradients = norm.backward(input)) {
                                Errors.assertSameBits(
                                        dx[number], gradients.input().toFloats(), "dx");
                                taken.incrementAndGet();
                            } catch (IllegalStateException e) {
                                assertTrue(
                                        e.getMessage().contains("was followed by forward")
                                                || e.getMessage().contains("on the thread of its forward")
                                                || e.getMessage().contains("Expected forward before backward")
                                                || e.getMessage().contains("a second time"),
                                        e.getMessage());
                            }
                        }
                    }
                });
                try (Tensor input = backend.tensor(x[0], SHAPE)) {
                    assertTrue(taken.get() <= THREADS * Soak.steps(ROUNDS, 10_000));
                    norm.infer(input).close();
                }
            }
        }
    }

    /** One tensor, which one thread after the other overwrites while others read: always one thread's values, whole. */
    @Test
    void oneTensorOfEightThreads() throws Exception {
        for (boolean virtual : Threads.kinds()) {
            try (Tensor shared = backend.tensor(Values.constant(COUNT, 0), COUNT)) {
                Threads.eight(virtual, number -> {
                    for (int round = 0; round < Soak.steps(ROUNDS, 10_000); round++) {
                        try {
                            if (number < 2) {
                                shared.set(Values.constant(COUNT, number));
                            } else {
                                float[] values = shared.toFloats();
                                for (float value : values) {
                                    assertEquals(values[0], value, "a mixture of two writes");
                                }
                            }
                        } catch (IllegalStateException e) {
                            assertTrue(e.getMessage().contains("is being written by a transfer"), e.getMessage());
                        }
                    }
                });
            }
        }
    }

    @Test
    void batchNormCountsEveryBatchOfEveryThread() throws Exception {
        for (boolean virtual : Threads.kinds()) {
            try (BatchNorm norm =
                            BatchNorm.builder(backend, 4, 1).cumulativeAverage().build();
                    Tensor input = backend.tensor(x[1], SHAPE)) {
                norm.infer(input).close();
                Errors.assertSameBits(
                        norm.runningMean().toFloats(), norm.runningMean().toFloats(), "readable");
                Threads.eight(virtual, number -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        norm.infer(input).close();
                    }
                });
                assertEquals(1 + THREADS * ROUNDS, norm.numBatchesTracked());
                assertEquals(2 + THREADS * ROUNDS, norm.runningMean().version());
            }
        }
    }

    @Test
    void aBackendThatIsClosedMeanwhile() throws Exception {
        for (boolean virtual : Threads.kinds()) {
            for (int round = 0; round < Soak.steps(4, 500); round++) {
                Backend closing = Backend.open(backend.device());
                GroupNorm norm = GroupNorm.of(closing, 2, 4);
                AtomicInteger passes = new AtomicInteger();
                Threads.eight(virtual, number -> {
                    try {
                        while (true) {
                            if (number == 0 && passes.get() >= 20) {
                                closing.close();
                            }
                            try (Tensor input = closing.tensor(x[number], SHAPE);
                                    Recorded recorded = norm.record(input);
                                    Gradients gradients = recorded.backward(input)) {
                                Errors.assertSameBits(
                                        dx[number], gradients.input().toFloats(), "dx");
                                passes.incrementAndGet();
                            }
                        }
                    } catch (IllegalStateException e) {
                        assertTrue(e.getMessage().contains("closed"), e.getMessage());
                    }
                });
                assertTrue(closing.session().isClosed());
                assertEquals(0, closing.session().openBuffers());
            }
        }
    }
}
