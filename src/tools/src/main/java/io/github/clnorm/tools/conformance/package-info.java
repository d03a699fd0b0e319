/**
 * What a device must compute: PyTorch's own cases with libtorch's results, a float64 reference, data whose results are
 * exact, relations between the operations, and the cases others failed; of the forward pass and of its gradients. {@link
 * io.github.clnorm.tools.conformance.Conformance} runs them all.
 */
package io.github.clnorm.tools.conformance;
