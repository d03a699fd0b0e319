/** Makes the checked-in test data that says what PyTorch computes: libtorch runs PyTorch's own cases. */
package io.github.clnorm.bench.conformance;
