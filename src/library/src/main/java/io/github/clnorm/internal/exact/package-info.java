/**
 * Sums without rounding: fixed-point accumulators that are wide enough for each value that was added. Adding is
 * associative and commutative, so a sum has the same bits in any order and any division into partial sums.
 */
package io.github.clnorm.internal.exact;
