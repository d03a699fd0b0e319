/** Measurements for comparison: taken in turn, and checked for plausibility. */
package io.github.clnorm.internal.timing;
