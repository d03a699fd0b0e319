/**
 * What is normalized: an operation and a shape become sets of elements, and runs of elements that share parameters.
 *
 * <p>One class an operation turns its arguments into a {@link io.github.clnorm.internal.geometry.Geometry}; everything after that
 * works on the geometry and no longer knows the operation.
 */
package io.github.clnorm.internal.geometry;
