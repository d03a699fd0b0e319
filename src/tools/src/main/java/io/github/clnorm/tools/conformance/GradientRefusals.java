package io.github.clnorm.tools.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelState;
import io.github.clnorm.Functional;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Saved;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;

/** Backward passes that must be rejected with a message that contains the values. */
final class GradientRefusals {

    private static final ElementType TYPE = ElementType.FLOAT32;

    private final Cases cases;

    GradientRefusals(Cases cases) {
        this.cases = cases;
    }

    void add() {
        refused(
                "grad_output of another shape",
                new long[] {2, 5},
                TYPE,
                new long[] {2},
                "Expected grad_output of the input's shape and type, float32 [2, 6], but got float32 [2, 5]");
        refused(
                "grad_output of another type",
                new long[] {2, 6},
                ElementType.FLOAT16,
                new long[] {2},
                "Expected grad_output of the input's shape and type, float32 [2, 6], but got float16 [2, 6]");
        refused(
                "saved statistics of another shape",
                new long[] {2, 6},
                TYPE,
                new long[] {3},
                "Expected mean of shape [2] for input of shape [2, 6], but got [3]");
        refused(
                "no saved statistics",
                new long[] {2, 6},
                TYPE,
                null,
                "Expected the statistics that the forward pass saved, but got none");
        withoutRunningStatistics();
        layers();
    }

    /** A backward pass of layer_norm for an input of 2x6. */
    private void refused(String name, long[] gradient, ElementType type, long[] statistics, String expected) {
        cases.add(PyTorchCases.REFUSALS, null, name, (backend, check) -> {
            try (Tensor x = ones(backend, TYPE, 2, 6);
                    Tensor dy = ones(backend, type, gradient);
                    Saved saved = statistics == null ? null : saved(backend, statistics)) {
                PyTorchCases.refused(
                        expected,
                        () -> Functional.layerNormBackward(
                                        dy, x, new long[] {6}, null, null, saved, GradientOptions.DEFAULTS)
                                .close(),
                        check);
            }
        });
    }

    private static Saved saved(Backend backend, long... shape) {
        return new Saved(ones(backend, TYPE, shape), null, ones(backend, TYPE, shape));
    }

    private static Tensor ones(Backend backend, ElementType type, long... shape) {
        return HostTensor.of(type, i -> 1, shape).on(backend);
    }

    private void withoutRunningStatistics() {
        cases.add(
                PyTorchCases.REFUSALS,
                null,
                "batch_norm backward in evaluation without statistics",
                (backend, check) -> {
                    try (Tensor x = ones(backend, TYPE, 2, 6)) {
                        PyTorchCases.refused(
                                "running_mean must be defined in evaluation mode",
                                () -> Functional.batchNormBackward(
                                                x, x, ChannelState.NONE, null, false, 1e-5, GradientOptions.DEFAULTS)
                                        .close(),
                                check);
                    }
                });
    }

    private void layers() {
        cases.add(PyTorchCases.REFUSALS, null, "backward before forward, and a second time", (backend, check) -> {
            try (GroupNorm layer = GroupNorm.builder(backend, 2, 6).build();
                    Tensor x = HostTensor.normal(TYPE, 1, 0, 1, 2, 6).on(backend);
                    Tensor other = ones(backend, TYPE, 2, 5)) {
                String name = "GroupNorm(2, 6, eps=1e-05, affine=True)";
                tooEarlyOrLate(
                        "Expected forward before backward of " + name,
                        () -> layer.backward(x).close(),
                        check);
                layer.forward(x).close();
                // A rejected call must not consume the saved statistics.
                PyTorchCases.refused(
                        "Expected grad_output of the input's shape and type, float32 [2, 6], but got float32 [2, 5]",
                        () -> layer.backward(other).close(),
                        check);
                layer.backward(x).close();
                tooEarlyOrLate(
                        "Trying to backward through " + name + " a second time: what the forward pass saved is freed by"
                                + " the first backward, call forward again",
                        () -> layer.backward(x).close(),
                        check);
            }
        });
    }

    /** The arguments are valid, but the layer's state is not. */
    private static void tooEarlyOrLate(String expected, Runnable action, CaseCheck check) {
        try {
            action.run();
            check.fail("is not refused");
        } catch (IllegalStateException e) {
            check.that(expected.equals(e.getMessage()), "says '" + e.getMessage() + "', expected '" + expected + "'");
        }
    }
}
