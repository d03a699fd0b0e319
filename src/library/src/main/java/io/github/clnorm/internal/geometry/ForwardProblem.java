package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;

/**
 * A forward pass.
 *
 * <p>Immutable and thread-safe.
 *
 * @param geometry where the sets are
 * @param statistics which moments they are normalized by
 * @param type of the tensor's elements
 * @param parameterType of weight and bias; the accumulator's if there are none
 * @param activation applied to the result
 * @param residual whether a tensor is added to the input
 * @param sum whether input plus residual is stored too
 */
public record ForwardProblem(
        Geometry geometry,
        Statistics statistics,
        ElementType type,
        ElementType parameterType,
        Activation activation,
        boolean residual,
        boolean sum)
        implements Problem {

    /**
     * A normalization without activation, residual and sum, and with parameters of the accumulator's type.
     *
     * @param geometry where the sets are
     * @param statistics which moments they are normalized by
     * @param type of the tensor's elements
     * @return the plain problem
     */
    public static ForwardProblem of(Geometry geometry, Statistics statistics, ElementType type) {
        return new ForwardProblem(geometry, statistics, type, type.accumulator(), Activation.NONE, false, false);
    }
}
