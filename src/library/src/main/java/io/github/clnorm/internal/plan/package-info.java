/**
 * How a geometry is computed on a device: strategy, work-group size, vector width, split. A plan decides speed only;
 * every legal plan gives the same bits.
 */
package io.github.clnorm.internal.plan;
