package io.github.clnorm;

/**
 * The gradients of parameters of a tensor that a {@link Fleet} computed: sums over all samples.
 *
 * <p>Thread-safe; the arrays are not copied.
 *
 * @param weight dγ, one value for each weight; null if the spec has none
 * @param bias dβ, one value for each bias; null if the spec has none
 */
public record FleetGradients(double[] weight, double[] bias) {}
