/** Generates the checked-in test data: libtorch computes PyTorch's own test cases. */
package io.github.clnorm.bench.conformance;
