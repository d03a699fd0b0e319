/**
 * Normalization layers on any OpenCL device, with PyTorch's semantics.
 *
 * <p>A {@link io.github.clnorm.Backend} is a device at work; it makes {@link io.github.clnorm.Tensor tensors}. Modules
 * such as {@link io.github.clnorm.GroupNorm} keep parameters; {@link io.github.clnorm.Functional} takes them as
 * arguments. Work is enqueued in order and not waited for; reading a tensor waits.
 *
 * <p>Results do not depend on how the work was cut: on one device the same input gives the same bits for every plan, for
 * a sample alone or inside any batch.
 *
 * <p>Everything that owns native memory is {@link java.lang.AutoCloseable}; a backend closes what it made. All classes
 * are thread-safe, and calls on one backend run one after another.
 */
package io.github.clnorm;
