package io.github.clnorm.tools.comparison;

import io.github.clnorm.tools.measure.Direction;
import java.util.OptionalDouble;

/** The bounds that errors of ordinary values against float64 are held to. */
public final class ErrorBounds {

    private ErrorBounds() {}

    /**
     * The largest error that a pass may have: of y and dx as |a - ref| / (1 + |ref|), of dγ and dβ as |a - ref| / the
     * sum of the magnitudes of the terms. Half types add one rounding of what is stored.
     *
     * @param pass of a workload
     * @return the bound; empty for a type that this version does not know
     */
    public static OptionalDouble of(MeasuredPass pass) {
        boolean forward = pass.direction() == Direction.FORWARD;
        double float32 = forward ? 4e-6 : 2e-5;
        return switch (pass.type()) {
            case "float32" -> OptionalDouble.of(float32);
            case "float64" -> OptionalDouble.of(1e-13);
            case "float16" -> OptionalDouble.of(float32 + 0x1p-11);
            case "bfloat16" -> OptionalDouble.of(float32 + 0x1p-8);
            default -> OptionalDouble.empty();
        };
    }
}
