package io.github.clnorm.internal.plan;

/**
 * A plan that the heuristics propose.
 *
 * <p>Immutable and thread-safe.
 *
 * @param plan the plan
 * @param reason why it suits the problem and the device, as a phrase for users
 */
public record Choice(Plan plan, String reason) {}
