package io.github.clnorm.internal.stream;

/**
 * The tensors of a forward pass. Sources are read in any order, each element once or twice; targets are written in order.
 *
 * @param input x
 * @param residual added to x, or null
 * @param output y
 * @param sum x + residual, or null
 */
public record ForwardTensors(TensorSource input, TensorSource residual, TensorTarget output, TensorTarget sum) {}
