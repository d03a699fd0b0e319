package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;

/**
 * A backward pass.
 *
 * <p>Immutable and thread-safe.
 *
 * @param geometry where the sets are
 * @param statistics which moments they were normalized by
 * @param type of the elements of x, dy and dx
 * @param parameterType of weight and bias and their gradients; the accumulator's if there are none
 * @param activation applied in the forward pass
 * @param residual whether a tensor was added to the input
 * @param input whether dx is wanted
 * @param weight whether dγ is wanted
 * @param bias whether dβ is wanted
 */
public record BackwardProblem(
        Geometry geometry,
        Statistics statistics,
        ElementType type,
        ElementType parameterType,
        Activation activation,
        boolean residual,
        boolean input,
        boolean weight,
        boolean bias)
        implements Problem {

    /**
     * The same pass over a part of the tensor, or over some of its sets.
     *
     * @param part where the sets are
     * @param parameters whether the gradients of parameters stay wanted
     * @return the changed problem
     */
    public BackwardProblem of(Geometry part, boolean parameters) {
        return new BackwardProblem(
                part,
                statistics,
                type,
                parameterType,
                activation,
                residual,
                input,
                parameters && weight,
                parameters && bias);
    }

    /**
     * Whether gradients of parameters are wanted.
     *
     * @return true for dγ, dβ or both
     */
    public boolean parameters() {
        return weight || bias;
    }

    /**
     * Whether x is read at all.
     *
     * @return false where dy alone gives all that is wanted
     */
    public boolean readsInput() {
        return setSums() || weight || activation != Activation.NONE;
    }

    /**
     * Whether dx takes sums over every set.
     *
     * @return false where dx is not wanted, and where statistics were given: then each dx follows from its own dy
     */
    public boolean setSums() {
        return input && statistics != Statistics.GIVEN;
    }
}
