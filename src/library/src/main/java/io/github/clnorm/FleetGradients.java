package io.github.clnorm;

/**
 * The gradients of parameters of a tensor that a {@link Fleet} computed: sums over all samples.
 *
 * <p>Thread-safe; the arrays are not copied.
 *
 * @param weight dγ, one value for each weight; null if the spec has none or it is not wanted
 * @param bias dβ, one value for each bias; null if the spec has none or it is not wanted
 * @param report what each device did
 */
public record FleetGradients(double[] weight, double[] bias, FleetReport report) {}
