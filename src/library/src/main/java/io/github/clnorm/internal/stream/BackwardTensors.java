package io.github.clnorm.internal.stream;

/**
 * The tensors of a backward pass. Sources are read in any order, each element once to three times; the target is written in
 * order.
 *
 * @param input x
 * @param residual added to x in the forward pass, or null
 * @param gradOutput dy
 * @param gradInput dx, or null if it is not wanted
 */
public record BackwardTensors(
        TensorSource input, TensorSource residual, TensorSource gradOutput, TensorTarget gradInput) {}
