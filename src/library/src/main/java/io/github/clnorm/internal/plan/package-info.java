/**
 * How a problem is computed on a device: plans, the rules for legal plans, and the heuristics that choose one. A plan affects
 * only speed: all legal plans give the same bits.
 */
package io.github.clnorm.internal.plan;
