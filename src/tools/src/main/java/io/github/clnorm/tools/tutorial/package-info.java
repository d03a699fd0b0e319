/**
 * The kernels of {@code opencl/tutorial}, from the textbook formula to kernels with the library's bits. They are
 * launched
 * through the OpenCL port, checked against float64 and timed next to a copy.
 */
package io.github.clnorm.tools.tutorial;
