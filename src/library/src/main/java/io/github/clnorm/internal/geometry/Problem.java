package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;

/**
 * Everything about a forward pass that decides which kernels compute it, and how fast: what a plan is chosen for.
 *
 * <p>Immutable and thread-safe.
 *
 * @param geometry where the sets are
 * @param statistics which moments they are normalized by
 * @param type of the tensor's elements
 * @param parameterType of weight and bias; the accumulator's where there are none
 * @param activation applied to the result
 * @param residual whether a tensor is added to the input
 * @param sum whether input plus residual is stored too
 */
public record Problem(
        Geometry geometry,
        Statistics statistics,
        ElementType type,
        ElementType parameterType,
        Activation activation,
        boolean residual,
        boolean sum) {

    /**
     * A problem without anything beside the normalization.
     *
     * @param geometry where the sets are
     * @param statistics which moments they are normalized by
     * @param type of the tensor's elements
     * @return a problem without activation and residual
     */
    public static Problem of(Geometry geometry, Statistics statistics, ElementType type) {
        return new Problem(geometry, statistics, type, type.accumulator(), Activation.NONE, false, false);
    }

    /**
     * The type of statistics, sums and everything in between.
     *
     * @return float64 for float64, else float32
     */
    public ElementType real() {
        return type.accumulator();
    }
}
