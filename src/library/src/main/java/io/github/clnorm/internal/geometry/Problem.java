package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;

/**
 * Everything about one pass, forward or backward, that decides which kernels compute it and how fast: what a plan is
 * chosen for. Two passes with equal problems run the same kernels with the same scalar arguments.
 *
 * <p>Immutable and thread-safe.
 */
public sealed interface Problem permits ForwardProblem, BackwardProblem {

    /**
     * Where the sets are.
     *
     * @return the geometry of x
     */
    Geometry geometry();

    /**
     * Which moments the sets are normalized by.
     *
     * @return own moments or given ones
     */
    Statistics statistics();

    /**
     * The type of the tensors: x and y, and dx and dy.
     *
     * @return the storage type
     */
    ElementType type();

    /**
     * The type of weight and bias, and of their gradients.
     *
     * @return the storage type; the accumulator's if there are no parameters
     */
    ElementType parameterType();

    /**
     * The activation after the normalization.
     *
     * @return {@link Activation#NONE} for none
     */
    Activation activation();

    /**
     * Whether a residual tensor is added to the input.
     *
     * @return true for x + residual
     */
    boolean residual();

    /**
     * The type of statistics, sums and all intermediate values.
     *
     * @return float64 for float64, else float32
     */
    default ElementType real() {
        return type().accumulator();
    }
}
