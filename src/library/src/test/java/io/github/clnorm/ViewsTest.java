package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Tensors that share memory: their lifetimes, their versions, and what is rejected. */
@Tag("device")
class ViewsTest {

    // Every row begins at a multiple of any device's alignment.
    private static final int ROW = 1024;

    private static String refusal(Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }

    @OnEveryDevice
    void theMemoryLivesUntilTheLastTensorOnItIsClosed(Backend shared) {
        // A backend of its own: the shared one also counts tensors that other tests left to the garbage collector.
        try (Backend backend = Backend.open(shared.device())) {
            float[] values = Values.normal(1, 4 * ROW, 0, 1);
            MemoryUse before = backend.memory();
            Tensor base = backend.tensor(values, 4, ROW);
            Tensor view = base.view(2, 2, -1);
            Tensor slice = base.slice(2, 4);
            Tensor inner = slice.slice(1, 2);
            assertArrayEquals(new long[] {2, 2, ROW}, view.shape());
            assertArrayEquals(new long[] {1, ROW}, inner.shape());
            assertEquals(before.tensors() + 1, backend.memory().tensors(), "one memory");
            base.close();
            assertThrows(IllegalStateException.class, base::toFloats);
            assertThrows(IllegalStateException.class, () -> base.view(4 * ROW));
            assertThrows(IllegalStateException.class, () -> base.slice(0, 1));
            assertArrayEquals(values, view.toFloats());
            assertArrayEquals(Arrays.copyOfRange(values, 2 * ROW, 4 * ROW), slice.toFloats());
            view.close();
            slice.close();
            assertEquals(
                    before.inUse() + 4L * ROW * Float.BYTES, backend.memory().inUse());
            assertArrayEquals(Arrays.copyOfRange(values, 3 * ROW, 4 * ROW), inner.toFloats());
            inner.close();
            inner.close();
            assertEquals(before.inUse(), backend.memory().inUse());
            assertEquals(before.tensors(), backend.memory().tensors());
        }
    }

    @Test
    void aWriteCountsForAllTensorsThatItChanges() {
        Backend backend = TestDevices.first();
        try (Tensor base = backend.tensor(new float[4 * ROW], 4, ROW);
                Tensor view = base.view(2 * ROW, 2);
                Tensor first = base.slice(0, 1);
                Tensor last = base.slice(3, 4);
                GroupNorm norm = GroupNorm.of(backend, 1, 1)) {
            long version = base.version();
            assertEquals(version, view.version());
            assertEquals(version, last.version());
            last.set(new float[ROW]);
            assertEquals(version + 1, last.version());
            assertEquals(version + 1, base.version());
            assertEquals(version + 1, view.version());
            assertEquals(version, first.version());
            try (Tensor x = first.view(1, 1, ROW);
                    Tensor dy = last.view(1, 1, ROW);
                    Recorded untouched = norm.record(x);
                    Recorded touched = norm.record(x)) {
                last.set(new float[ROW]);
                untouched.backward(dy).close();
                view.set(new float[4 * ROW]);
                String message = assertThrows(IllegalStateException.class, () -> touched.backward(dy))
                        .getMessage();
                assertTrue(message.contains("was changed after the forward pass"), message);
                assertTrue(message.contains("Tensor.set"), message);
            }
        }
    }

    @Test
    void aTransferIntoATensorKeepsOthersOutOfItsMemory() {
        Backend backend = TestDevices.first();
        try (Tensor base = backend.tensor(new float[4 * ROW], 4, ROW);
                Tensor first = base.slice(0, 1);
                Tensor last = base.slice(3, 4)) {
            last.write((at, piece) -> {
                String message = assertThrows(IllegalStateException.class, base::toFloats)
                        .getMessage();
                assertTrue(message.contains("callback that is writing it"), message);
                // A slice touches no bytes; using it does.
                try (Tensor overlapping = base.slice(2, 4);
                        Tensor apart = base.slice(1, 3)) {
                    assertThrows(IllegalStateException.class, overlapping::toFloats);
                    assertEquals(0, apart.toFloats()[0]);
                }
                assertEquals(0, first.toFloats()[0]);
                first.set(new float[ROW]);
                piece.asFloatBuffer().put(0, 7);
            });
            assertEquals(7, base.toFloats()[3 * ROW]);
        }
    }

    @Test
    void inPlaceIsAllMemoryOrNone() {
        Backend backend = TestDevices.first();
        try (Tensor base = backend.tensor(Values.normal(1, 4 * ROW, 0, 1), 4, 1, ROW);
                Tensor low = base.slice(0, 2);
                Tensor again = base.slice(0, 2);
                Tensor middle = base.slice(1, 3);
                Tensor high = base.slice(2, 4);
                GroupNorm norm = GroupNorm.of(backend, 1, 1)) {
            assertEquals(
                    "Expected output and input in the same memory or without overlap, but got float32 [2, 1, 1024] at"
                            + " byte 4096 and float32 [2, 1, 1024] at byte 0 of one buffer",
                    refusal(() -> norm.infer(low, Options.DEFAULTS.output(middle))));
            assertTrue(refusal(() ->
                            norm.infer(high, Options.DEFAULTS.residual(low).sum(middle)))
                    .startsWith("Expected sum and input"));
            assertTrue(refusal(() -> norm.infer(
                            high, Options.DEFAULTS.residual(low).sum(middle).output(middle)))
                    .contains("two tensors"));
            assertTrue(refusal(() -> norm.infer(
                            high, Options.DEFAULTS.residual(low).sum(middle).output(low)))
                    .startsWith("Expected output and sum in the same memory or without overlap"));
            assertTrue(refusal(() -> middle.copyFrom(low)).contains("overlap"));
            try (Recorded pass = norm.record(low)) {
                assertTrue(refusal(() -> pass.backward(high, GradientOptions.DEFAULTS.output(middle)))
                        .contains("overlap"));
                try (Gradients gradients = pass.backward(high)) {
                    float[] expected = gradients.input().toFloats();
                    pass.backward(high, GradientOptions.DEFAULTS.output(high));
                    assertArrayEquals(expected, high.toFloats());
                }
            }
            float[] expected;
            try (Tensor y = norm.infer(low)) {
                expected = y.toFloats();
            }
            norm.infer(low, Options.DEFAULTS.output(high));
            assertArrayEquals(expected, high.toFloats());
            norm.infer(low, Options.DEFAULTS.output(again));
            assertArrayEquals(expected, low.toFloats());
            middle.copyFrom(middle);
            high.copyFrom(low);
        }
    }

    @OnEveryDevice
    void whatDoesNotFitIsRejectedWithItsValues(Backend backend) {
        long alignment = backend.session().partAlignment();
        try (Tensor base = backend.tensor(new float[800], 200, 4);
                Tensor scalar = backend.tensor(new float[1]);
                Tensor nothing = backend.empty(0, 3)) {
            assertEquals(
                    "shape [3, 5] is invalid for a tensor of shape [200, 4], which has 800 elements",
                    refusal(() -> base.view(3, 5)));
            assertTrue(refusal(() -> base.view(-1, 3)).contains("[-1, 3] is invalid"));
            assertTrue(refusal(() -> base.view(-1, -1)).contains("one of them -1"));
            assertTrue(refusal(() -> base.view(-2, 400)).contains("dimensions of 0 or more"));
            assertTrue(refusal(() -> scalar.slice(0, 0)).contains("no dimension"));
            assertEquals(
                    "slice(2, 201) of a tensor of shape [200, 4]: expected 0 <= from <= to <= 200",
                    refusal(() -> base.slice(2, 201)));
            assertTrue(refusal(() -> base.slice(-1, 2)).contains("slice(-1, 2)"));
            assertTrue(refusal(() -> base.slice(3, 2)).contains("slice(3, 2)"));
            long rows = alignment / 16;
            assertEquals(
                    "slice(" + (rows + 1) + ", 200) of a tensor of shape [200, 4] begins at byte " + (alignment + 16)
                            + " of its buffer, but " + backend.device().description() + " addresses multiples of "
                            + alignment + " bytes (CL_DEVICE_MEM_BASE_ADDR_ALIGN): the nearest indices to begin at are "
                            + rows + " and " + 2 * rows,
                    refusal(() -> base.slice(rows + 1, 200)));
            long last = 199 / rows * rows;
            assertTrue(refusal(() -> base.slice(last + 1, 200)).endsWith("index to begin at is " + last));
            try (Tensor empty = base.slice(7, 7);
                    Tensor whole = base.slice(0, 200);
                    Tensor head = base.slice(0, 3);
                    Tensor seen = nothing.view(3, 0, 5)) {
                assertEquals(0, empty.elements());
                assertEquals(800, whole.elements());
                assertEquals(12, head.toFloats().length);
                assertEquals(0, seen.toFloats().length);
            }
        }
    }

    @Test
    void aScopeClosesViewsThatItsThreadMakes() {
        Backend backend = TestDevices.first();
        try (Tensor base = backend.tensor(new float[2 * ROW], 2, ROW)) {
            Tensor kept;
            Tensor view;
            try (Scope scope = backend.scope()) {
                view = base.view(ROW, 2);
                kept = scope.keep(base.slice(1, 2));
            }
            assertThrows(IllegalStateException.class, view::toFloats);
            assertEquals(ROW, kept.toFloats().length);
            assertEquals(2 * ROW, base.toFloats().length);
            kept.close();
        }
    }
}
