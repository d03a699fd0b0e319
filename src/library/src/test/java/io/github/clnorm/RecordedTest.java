package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Gradients belong to a recorded pass, and the short form takes only those that it cannot get wrong. */
@Tag("device")
@Tag("threads")
class RecordedTest {

    private static final long[] SHAPE = {2, 4, 5, 3};
    private static final int COUNT = 120;

    private static Tensor normal(Backend backend, long seed, double mean) {
        return backend.tensor(Values.normal(seed, COUNT, mean, 1 + seed), SHAPE);
    }

    /** The result of a call on another thread. */
    private static <T> T onThread(String name, Callable<T> call) throws Exception {
        FutureTask<T> task = new FutureTask<>(call);
        Thread thread = new Thread(task, name);
        thread.start();
        thread.join();
        return task.get();
    }

    private static List<float[]> floats(Gradients gradients) {
        try (gradients) {
            List<float[]> floats = new ArrayList<>();
            for (Tensor tensor : new Tensor[] {gradients.input(), gradients.weight(), gradients.bias()}) {
                floats.add(tensor == null ? new float[0] : tensor.toFloats());
            }
            return floats;
        }
    }

    private static void assertSameBits(List<float[]> expected, List<float[]> actual, String what) {
        for (int i = 0; i < expected.size(); i++) {
            Errors.assertSameBits(expected.get(i), actual.get(i), what + ", gradient " + i);
        }
    }

    private static String refusal(Runnable call) {
        return assertThrows(IllegalStateException.class, call::run).getMessage();
    }

    private static final List<Function<Backend, Layer>> LAYERS = List.of(
            backend ->
                    GroupNorm.builder(backend, 2, 4).activation(Activation.SILU).build(),
            backend -> LayerNorm.of(backend, 5, 3),
            backend -> RmsNorm.of(backend, 3),
            backend -> InstanceNorm.of2d(backend, 4),
            backend -> BatchNorm.of2d(backend, 4),
            backend -> {
                BatchNorm norm = BatchNorm.of2d(backend, 4);
                norm.eval();
                return norm;
            },
            backend -> FrozenBatchNorm.of(backend, 4));

    @OnEveryDevice
    void passesThatAreOpenTogetherHaveTheGradientsOfEachAlone(Backend backend) throws Exception {
        for (Function<Backend, Layer> maker : LAYERS) {
            List<List<float[]>> expected = new ArrayList<>();
            List<float[]> outputs = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                try (Layer layer = maker.apply(backend);
                        Tensor x = normal(backend, i, i);
                        Tensor dy = normal(backend, 10 + i, 0);
                        Tensor y = layer.forward(x)) {
                    outputs.add(y.toFloats());
                    expected.add(floats(layer.backward(dy)));
                }
            }
            try (Layer layer = maker.apply(backend)) {
                List<Recorded> open = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    open.add(layer.record(normal(backend, i, i)));
                }
                for (int i : new int[] {2, 0, 1, 0}) {
                    try (Tensor dy = normal(backend, 10 + i, 0)) {
                        Errors.assertSameBits(
                                outputs.get(i), open.get(i).output().toFloats(), layer + ", pass " + i);
                        Recorded recorded = open.get(i);
                        assertSameBits(expected.get(i), floats(recorded.backward(dy)), layer + ", pass " + i);
                        assertSameBits(
                                expected.get(i),
                                onThread("another", () -> floats(recorded.backward(dy))),
                                layer + ", pass " + i + " on another thread");
                    }
                }
                open.forEach(Recorded::close);
            }
        }
    }

    @Test
    void optionsOfBothPassesAreTaken() {
        Backend backend = TestDevices.first();
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = normal(backend, 1, 0);
                Tensor residual = normal(backend, 2, 0);
                Tensor sum = backend.empty(SHAPE);
                Tensor output = backend.empty(SHAPE);
                Tensor dx = backend.empty(SHAPE);
                Tensor dy = normal(backend, 3, 0)) {
            Options options = Options.DEFAULTS.residual(residual).sum(sum).output(output);
            List<float[]> expected;
            try (Tensor y = norm.forward(x, Options.DEFAULTS.residual(residual))) {
                expected = floats(norm.backward(dy));
                try (Recorded recorded = norm.record(x, options)) {
                    assertTrue(output == recorded.output());
                    Errors.assertSameBits(y.toFloats(), output.toFloats(), "output");
                    Gradients only = recorded.backward(
                            dy,
                            GradientOptions.DEFAULTS.wanted(true, false, false).output(dx));
                    assertTrue(dx == only.input());
                    assertEquals(null, only.weight());
                    Errors.assertSameBits(expected.get(0), dx.toFloats(), "dx");
                }
            }
            assertEquals(COUNT, output.toFloats().length, "a tensor of the caller's own stays open");
            assertThrows(IllegalArgumentException.class, () -> {
                try (Recorded recorded = norm.record(x)) {
                    recorded.backward(dy, GradientOptions.DEFAULTS.residual(residual));
                }
            });
        }
    }

    @Test
    void whatWasSavedIsFreedOnClose() {
        Backend backend = TestDevices.first();
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = normal(backend, 1, 0);
                Tensor dy = normal(backend, 2, 0)) {
            int before = backend.memory().tensors();
            Recorded recorded = norm.record(x);
            assertEquals(before + 4, backend.memory().tensors(), "output, mean, its rounding error, rstd");
            Tensor y = recorded.output();
            recorded.close();
            recorded.close();
            assertEquals(before, backend.memory().tensors());
            assertTrue(refusal(() -> recorded.backward(dy)).contains("is closed"));
            assertTrue(refusal(y::toFloats).contains("is closed"));
        }
    }

    @Test
    void inferSavesNothingAndLeavesTheShortFormAlone() {
        Backend backend = TestDevices.first();
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = normal(backend, 1, 0);
                Tensor other = normal(backend, 2, 0);
                Tensor dy = normal(backend, 3, 0)) {
            int before = backend.memory().tensors();
            try (Tensor y = norm.infer(x)) {
                assertEquals(before + 1, backend.memory().tensors(), "nothing but the output");
                assertTrue(refusal(() -> norm.backward(dy)).contains("Expected forward before backward"));
                Errors.assertSameBits(y.toFloats(), norm.forward(x).toFloats(), "infer and forward");
            }
            List<float[]> expected = floats(norm.backward(dy));
            norm.forward(x).close();
            norm.infer(other).close();
            norm.record(other).close();
            assertSameBits(expected, floats(norm.backward(dy)), "after infer and record");
        }
        try (BatchNorm norm = BatchNorm.of2d(backend, 4);
                BatchNorm same = BatchNorm.of2d(backend, 4);
                Tensor x = normal(backend, 1, 3)) {
            norm.infer(x).close();
            same.forward(x).close();
            assertEquals(1, norm.numBatchesTracked(), "in training every forward pass learns");
            Errors.assertSameBits(
                    same.runningVar().toFloats(),
                    norm.runningVar().toFloats(),
                    "running variance without mean and rstd");
            Errors.assertSameBits(
                    same.runningMean().toFloats(), norm.runningMean().toFloats(), "running mean");
        }
        try (InstanceNorm norm = InstanceNorm.of2d(backend, 4);
                Tensor x = backend.tensor(new float[60], 4, 5, 3);
                Tensor y = norm.infer(x)) {
            assertArrayEquals(new long[] {4, 5, 3}, y.shape(), "without a batch");
        }
    }

    /** Two forward passes in a row: the gradient of the first one would be taken for that of the second. */
    @Test
    void aForwardPassThatWasFollowedByAnotherIsRejected() {
        Backend backend = TestDevices.first();
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x1 = normal(backend, 1, 0);
                Tensor x2 = backend.tensor(Values.normal(4, 60, 0, 1), 1, 4, 5, 3);
                Tensor dy = normal(backend, 3, 0)) {
            norm.forward(x1).close();
            norm.forward(x2).close();
            String refusal = refusal(() -> norm.backward(dy));
            String thread = Thread.currentThread().getName();
            assertTrue(
                    refusal.contains("forward of shape [2, 4, 5, 3] on thread " + thread
                            + " was followed by forward of shape [1, 4, 5, 3] on thread " + thread),
                    refusal);
            assertTrue(refusal.contains("record(x)") && refusal.contains("infer(x)"), refusal);
            assertTrue(refusal(() -> norm.backward(dy)).contains("Expected forward before"), "both were dropped");
            norm.forward(x1).close();
            norm.backward(dy).close();
        }
    }

    @Test
    void backwardOnAnotherThreadThanForwardIsRejected() throws Exception {
        Backend backend = TestDevices.first();
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = normal(backend, 1, 0);
                Tensor dy = normal(backend, 3, 0)) {
            norm.forward(x).close();
            String refusal = onThread("the other", () -> refusal(() -> norm.backward(dy)));
            assertTrue(refusal.contains(Thread.currentThread().getName() + ", but this is the other"), refusal);
            assertFalse(floats(norm.backward(dy)).isEmpty(), "its own thread still can");
            norm.forward(x).close();
            onThread("in between", () -> {
                norm.forward(x).close();
                return null;
            });
            assertTrue(refusal(() -> norm.backward(dy)).contains("on thread in between"));
        }
    }

    /** Everything that changes a tensor which backward reads again. */
    @Test
    void aTensorThatWasWrittenSinceIsRejected() {
        Backend backend = TestDevices.first();
        record Write(String by, Consumer<Tensor> write) {}
        float[] values = Values.normal(9, COUNT, 0, 1);
        try (GroupNorm other = GroupNorm.of(backend, 1, 4);
                Tensor dy = normal(backend, 3, 0);
                Tensor source = normal(backend, 4, 0);
                Backend elsewhere = Backend.open(backend.device());
                Tensor foreign = elsewhere.tensor(values, SHAPE)) {
            List<Write> writes = List.of(
                    new Write("Tensor.set", t -> t.set(values)),
                    new Write("Tensor.set", t -> t.set(Values.doubles(values))),
                    new Write("Tensor.write", t -> t.write((at, piece) -> piece.putFloat(0, 1))),
                    new Write("Tensor.copyFrom", t -> t.copyFrom(source)),
                    new Write("Tensor.copyFrom", t -> t.copyFrom(foreign)),
                    new Write(
                            "GroupNorm(1, 4, eps=1e-05, affine=True)", t -> other.infer(t, Options.DEFAULTS.output(t))),
                    new Write("GroupNorm(1, 4, eps=1e-05, affine=True)", t -> other.infer(
                                    source, Options.DEFAULTS.residual(dy).sum(t))
                            .close()),
                    new Write(
                            "group_norm",
                            t -> Functional.groupNorm(source, 2, null, null, 1e-5, Options.DEFAULTS.output(t))),
                    new Write("a backward pass", t -> {
                        try (Recorded pass = other.record(source)) {
                            pass.backward(dy, GradientOptions.DEFAULTS.output(t));
                        }
                    }));
            for (Write write : writes) {
                for (boolean residual : new boolean[] {false, true}) {
                    try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                            Tensor x = normal(backend, 1, 0);
                            Tensor added = normal(backend, 2, 0);
                            Recorded recorded = norm.record(x, Options.DEFAULTS.residual(added))) {
                        norm.forward(x, Options.DEFAULTS.residual(added)).close();
                        recorded.backward(dy).close();
                        Tensor changed = residual ? added : x;
                        assertEquals(1, changed.version());
                        write.write.accept(changed);
                        assertEquals(2, changed.version(), write.by);
                        for (Runnable backward :
                                List.<Runnable>of(() -> recorded.backward(dy), () -> norm.backward(dy))) {
                            String refusal = refusal(backward);
                            assertTrue(
                                    refusal.contains("the " + (residual ? "residual" : "input")
                                            + " of shape [2, 4, 5, 3] that backward needs was changed"),
                                    refusal);
                            assertTrue(refusal.contains("it is at version 2, expected version 1"), refusal);
                            assertTrue(
                                    refusal.contains("last written by " + write.by + " on thread "
                                            + Thread.currentThread().getName()),
                                    refusal);
                        }
                    }
                }
            }
        }
    }

    /** Launches that were enqueued before one that failed have written. */
    @Test
    void aTensorThatAFailedPassWroteIsRejected() {
        var device = TestDevices.first().device();
        FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(device, false));
        try (Backend backend = new Backend(new Session(faulty.port(), device));
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = normal(backend, 1, 0);
                Tensor dy = normal(backend, 2, 0);
                Recorded recorded = norm.record(x);
                BatchNorm other = BatchNorm.of2d(backend, 4)) {
            for (String call : List.of("enqueue", "flush")) {
                long before = x.version();
                faulty.fail(call, 1);
                assertThrows(ClException.class, () -> other.infer(x, Options.DEFAULTS.output(x)));
                faulty.heal();
                assertEquals(before + 1, x.version(), call);
                assertTrue(refusal(() -> recorded.backward(dy)).contains("last written by BatchNorm2d"), call);
            }
        }
    }

    /** Nothing is enqueued where a tensor of the pass is being written by a transfer, whichever it is. */
    @Test
    void aPassThatNeedsATensorWhichIsBeingWrittenWritesNothing() {
        Backend backend = TestDevices.first();
        try (BatchNorm norm = BatchNorm.of2d(backend, 4);
                Tensor x = normal(backend, 1, 0)) {
            float[] before = x.toFloats();
            for (Tensor busy : List.of(norm.weight(), norm.bias(), norm.runningMean(), norm.runningVar())) {
                float[] values = busy.toFloats();
                busy.write((at, piece) -> {
                    refusal(() -> norm.infer(x, Options.DEFAULTS.output(x)));
                    refusal(() -> norm.record(x));
                    Codec.encode(ElementType.FLOAT32, values, 0, piece);
                });
            }
            Errors.assertSameBits(before, x.toFloats(), "x");
            assertEquals(1, x.version());
            assertEquals(0, norm.numBatchesTracked());
        }
    }

    /** What a message advises works. */
    @Test
    void afterARejectedBackwardTheForwardPassCanBeRunAgain() {
        Backend backend = TestDevices.first();
        try (GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = normal(backend, 1, 0);
                Tensor dy = normal(backend, 2, 0);
                Tensor wrong = backend.empty(3)) {
            norm.forward(x).close();
            norm.weight().set(new float[4]);
            assertTrue(refusal(() -> norm.backward(dy)).contains("or run the forward pass again"));
            norm.forward(x).close();
            norm.backward(dy).close();
            norm.forward(x, Options.DEFAULTS.output(x));
            assertTrue(refusal(() -> norm.backward(dy)).contains("in place"));
            norm.forward(x).close();
            assertThrows(IllegalArgumentException.class, () -> norm.backward(wrong));
            norm.backward(dy).close();
        }
    }

    @Test
    void parametersAndRunningStatisticsThatWereWrittenSinceAreRejected() {
        Backend backend = TestDevices.first();
        float[] four = {1, 2, 3, 4};
        try (Tensor x = normal(backend, 1, 0);
                Tensor dy = normal(backend, 3, 0)) {
            for (Activation activation : new Activation[] {Activation.NONE, Activation.SILU}) {
                try (GroupNorm norm =
                        GroupNorm.builder(backend, 2, 4).activation(activation).build()) {
                    try (Recorded recorded = norm.record(x)) {
                        norm.bias().set(four);
                        if (activation == Activation.NONE) {
                            recorded.backward(dy).close();
                        } else {
                            assertTrue(refusal(() -> recorded.backward(dy)).contains("the bias of shape [4]"));
                        }
                    }
                    try (Recorded recorded = norm.record(x)) {
                        norm.weight().set(four);
                        assertTrue(refusal(() -> recorded.backward(dy)).contains("the weight of shape [4]"));
                    }
                }
            }
            try (BatchNorm norm = BatchNorm.of2d(backend, 4);
                    Recorded training = norm.record(x)) {
                norm.eval();
                try (Recorded evaluation = norm.record(x)) {
                    evaluation.backward(dy).close();
                    norm.train(true);
                    norm.infer(x).close();
                    assertEquals(4 - 1, norm.runningMean().version(), "1 when it was made, 2 batches");
                    String refusal = refusal(() -> evaluation.backward(dy));
                    assertTrue(refusal.contains("the running mean of shape [4]"), refusal);
                    assertTrue(refusal.contains("last written by BatchNorm2d(4,"), refusal);
                    training.backward(dy).close();
                }
                norm.eval();
                try (Recorded evaluation = norm.record(x)) {
                    norm.runningVar().set(four);
                    assertTrue(refusal(() -> evaluation.backward(dy)).contains("the running variance of shape [4]"));
                }
            }
        }
    }

    @Test
    void whatBackwardNeedsAndIsGoneIsRejected() {
        Backend backend = TestDevices.first();
        try (Tensor dy = normal(backend, 3, 0);
                GroupNorm norm = GroupNorm.of(backend, 2, 4)) {
            Tensor x = normal(backend, 1, 0);
            try (Recorded recorded = norm.record(x);
                    Recorded inPlace = norm.record(x, Options.DEFAULTS.output(x))) {
                assertTrue(refusal(() -> inPlace.backward(dy)).contains("forward worked in place"));
                assertTrue(refusal(() -> recorded.backward(dy)).contains("changed after the forward pass"));
                x.close();
                assertTrue(refusal(() -> recorded.backward(dy)).contains("is closed"));
            }
            Tensor again = normal(backend, 1, 0);
            GroupNorm closing = GroupNorm.of(backend, 2, 4);
            try (again;
                    Recorded recorded = closing.record(again)) {
                closing.close();
                assertTrue(refusal(() -> recorded.backward(dy))
                        .contains("GroupNorm(2, 4, eps=1e-05, affine=True) is closed"));
                assertTrue(refusal(() -> closing.record(again)).contains("is closed"));
                assertTrue(refusal(() -> closing.infer(again)).contains("is closed"));
            }
        }
        assertThrows(
                NullPointerException.class, () -> GroupNorm.of(backend, 2, 4).record(null));
    }
}
