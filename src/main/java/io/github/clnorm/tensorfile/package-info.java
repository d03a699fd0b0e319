/** Tensors in files: NumPy's {@code .npy}. */
package io.github.clnorm.tensorfile;
