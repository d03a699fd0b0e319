/**
 * Normalization layers on any OpenCL device, with PyTorch's semantics.
 *
 * <p>A {@link io.github.clnorm.Backend} is an open device; it makes {@link io.github.clnorm.Tensor tensors}. Layers
 * such as {@link io.github.clnorm.GroupNorm} keep parameters, {@link io.github.clnorm.Functional} takes them as
 * arguments, and a {@link io.github.clnorm.NormSpec} describes a layer without a device. Calls are asynchronous and run
 * in order. Reading a tensor blocks until its result is ready.
 *
 * <p>Results do not depend on how the work is divided: on one device the same input gives the same bits for every plan,
 * and for a sample alone or inside any batch.
 *
 * <p>Every type that owns native memory is {@link java.lang.AutoCloseable}. Closing a backend closes everything made on
 * it. All classes are thread-safe, and calls on one backend run one after another.
 */
package io.github.clnorm;
