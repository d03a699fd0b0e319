/**
 * Conformance of a device, for the forward pass and its gradients: PyTorch's own cases with libtorch's results, a
 * float64 reference, data with exact results, relations between operations, and cases that other libraries failed.
 * {@link io.github.clnorm.tools.conformance.Conformance} runs them all.
 */
package io.github.clnorm.tools.conformance;
