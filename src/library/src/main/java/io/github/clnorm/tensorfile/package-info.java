/**
 * Reads and writes tensors in NumPy's {@code .npy} and {@code .npz} and Hugging Face's {@code .safetensors} files.
 *
 * <p>A <em>specification</em> names a tensor: {@code FILE.npy}, {@code FILE.npz#NAME} or {@code FILE.safetensors#NAME}. To read
 * one, it may also be {@code FILE.safetensors.index.json#NAME}.
 */
package io.github.clnorm.tensorfile;
