/**
 * Tensors in files: NumPy's {@code .npy} and Hugging Face's {@code .safetensors}.
 *
 * <p>A <em>specification</em> says which tensor is meant: {@code FILE.npy}, or {@code FILE.safetensors#NAME}.
 */
package io.github.clnorm.tensorfile;
