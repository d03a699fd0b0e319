/**
 * Shapes to sets: where the elements of each set are, which of them share parameters, and how a set is cut into blocks.
 *
 * <p>An operation implements {@link io.github.clnorm.internal.geometry.Sets}, which turns an input's shape into a
 * {@link io.github.clnorm.internal.geometry.Geometry}. Plans, tuning and kernels know the geometry and not the
 * operation.
 */
package io.github.clnorm.internal.geometry;
