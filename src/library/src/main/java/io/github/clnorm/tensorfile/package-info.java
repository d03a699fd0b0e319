/**
 * Reads and writes tensors in NumPy's {@code .npy} and Hugging Face's {@code .safetensors} files.
 *
 * <p>A <em>specification</em> names a tensor: {@code FILE.npy}, or {@code FILE.safetensors#NAME}.
 */
package io.github.clnorm.tensorfile;
