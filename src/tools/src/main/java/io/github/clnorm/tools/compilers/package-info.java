/**
 * What compilers of GPU vendors make of the kernels: registers, local memory, loops and their memory accesses. Needs no GPU;
 * {@code bench/gpu-compilers} runs it.
 */
package io.github.clnorm.tools.compilers;
