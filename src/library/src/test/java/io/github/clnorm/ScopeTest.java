package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Tuning;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A scope closes what its thread makes and does not keep; the backend says how much memory that is. */
@Tag("device")
@SuppressWarnings("try")
class ScopeTest {

    private static final float[] VALUES = Values.normal(1, 800, 0, 1);
    private static final long[] SHAPE = {2, 4, 100};

    private final Backend backend = Backend.open(TestDevices.first().device(), Tuning.OFF);
    private final GroupNorm norm = GroupNorm.of(backend, 2, 4);
    private final Tensor x = backend.tensor(VALUES, SHAPE);
    private final int before = backend.memory().tensors();

    @AfterEach
    void close() {
        backend.close();
    }

    private Tensor twice(Tensor input) {
        try (Scope scope = backend.scope()) {
            Tensor h = norm.infer(input);
            backend.empty(7);
            return scope.keep(norm.infer(h));
        }
    }

    @Test
    void whatIsMadeInItIsClosedAndWhatIsKeptIsNot() {
        Tensor y = twice(x);
        assertEquals(before + 1, backend.memory().tensors());
        try (Tensor h = norm.infer(x);
                Tensor expected = norm.infer(h)) {
            assertArrayEquals(expected.toFloats(), y.toFloats());
        }
        y.close();
        assertEquals(before, backend.memory().tensors());
        assertEquals(800, x.toFloats().length, "what was made before stays");
    }

    @Test
    void scopesNest() {
        Tensor kept;
        try (Scope outer = backend.scope()) {
            Tensor inner = twice(x);
            assertEquals(before + 1, backend.memory().tensors());
            kept = outer.keep(twice(inner));
            assertEquals(before + 2, backend.memory().tensors());
            assertSame(x, outer.keep(x), "what was made outside is left as it is");
            try (Scope middle = backend.scope()) {
                outer.keep(backend.empty(5));
            }
        }
        assertEquals(before + 2, backend.memory().tensors(), "what an inner scope kept belongs to the outer one");
        kept.close();
        int open = backend.memory().tensors();
        Scope outer = backend.scope();
        Scope inner = backend.scope();
        backend.empty(3);
        outer.close();
        assertEquals(open, backend.memory().tensors(), "an outer scope closes inner ones");
        inner.close();
        outer.close();
        assertThrows(IllegalStateException.class, () -> inner.keep(x));
        try (Tensor free = backend.empty(3)) {
            assertEquals(3, free.toFloats().length);
        }
    }

    @Test
    void everyKindOfResultCanBeKept() {
        Recorded recorded;
        Gradients gradients;
        Normalized normalized;
        Saved saved;
        GroupNorm layer;
        try (Scope scope = backend.scope()) {
            layer = scope.keep(GroupNorm.of(backend, 2, 4));
            recorded = scope.keep(layer.record(x));
            gradients = scope.keep(recorded.backward(x));
            normalized = scope.keep(Functional.groupNorm(x, 2, null, null, 1e-5));
            saved = scope.keep(Functional.groupNorm(x, 2, null, null, 1e-5).saved());
            layer.record(x);
            Functional.groupNorm(x, 2, null, null, 1e-5);
            assertThrows(IllegalArgumentException.class, () -> scope.keep(backend));
            assertThrows(NullPointerException.class, () -> scope.keep(null));
        }
        assertEquals(before + 2 + 4 + 3 + 4 + 3, backend.memory().tensors());
        recorded.backward(x).close();
        assertEquals(4, gradients.weight().toFloats().length);
        Functional.groupNormBackward(x, x, 2, null, null, saved, GradientOptions.DEFAULTS)
                .close();
        normalized.output().toFloats();
        layer.infer(x).close();
    }

    /** What the short form saves belongs to the layer. */
    @Test
    void backwardMayFollowTheScopeOfForward() {
        try (Scope scope = backend.scope()) {
            norm.forward(x);
        }
        norm.backward(x).close();
        assertEquals(before, backend.memory().tensors());
        Recorded recorded;
        try (Scope scope = backend.scope()) {
            recorded = norm.record(x);
        }
        String refusal = assertThrows(IllegalStateException.class, () -> recorded.backward(x))
                .getMessage();
        assertTrue(refusal.contains("closed, with the scope that the pass was recorded in"), refusal);
        GroupNorm lost;
        try (Scope scope = backend.scope()) {
            lost = GroupNorm.of(backend, 2, 4);
            Tensor closed = backend.empty(3);
            closed.close();
            assertThrows(IllegalStateException.class, () -> scope.keep(closed));
        }
        refusal = assertThrows(IllegalStateException.class, () -> lost.infer(x)).getMessage();
        assertTrue(refusal.contains("GroupNorm(2, 4, eps=1e-05, affine=True) is closed with the scope"), refusal);
    }

    @Test
    void aScopeBelongsToItsThread() throws Exception {
        AtomicReference<Tensor> others = new AtomicReference<>();
        try (Scope scope = backend.scope()) {
            FutureTask<String> task = new FutureTask<>(() -> {
                others.set(backend.tensor(VALUES, SHAPE));
                assertThrows(IllegalStateException.class, () -> scope.keep(x));
                return assertThrows(IllegalStateException.class, scope::close).getMessage();
            });
            Thread thread = new Thread(task, "another");
            thread.start();
            assertTrue(task.get().contains("but this is another"), task.get());
        }
        assertEquals(800, others.get().toFloats().length);
        assertEquals(before + 1, backend.memory().tensors());
    }

    @Test
    void aScopeOfAClosedBackendCloses() {
        Scope scope = backend.scope();
        backend.tensor(VALUES, SHAPE);
        backend.close();
        scope.close();
        assertThrows(IllegalStateException.class, backend::scope);
    }

    @Test
    void memoryIsInUsePooledOrGivenBack() {
        MemoryUse start = backend.memory();
        assertEquals(4 * (800 + 2 * 4), start.inUse(), "x, weight and bias");
        assertEquals(3, start.tensors());
        assertEquals(start.inUse(), start.peak());
        try (Tensor y = norm.infer(x);
                Tensor empty = backend.empty(0)) {
            assertEquals(start.inUse() + 3200, backend.memory().inUse());
            assertEquals(5, backend.memory().tensors());
        }
        MemoryUse after = backend.memory();
        assertEquals(start.inUse(), after.inUse());
        assertEquals(start.inUse() + 3200, after.peak());
        assertTrue(after.pooled() >= 3200, after.toString());
        backend.trim();
        assertEquals(0, backend.memory().pooled());
        norm.infer(x).close();
        assertEquals(start.inUse(), backend.memory().inUse());
        backend.close();
        assertThrows(IllegalStateException.class, backend::memory);
    }
}
