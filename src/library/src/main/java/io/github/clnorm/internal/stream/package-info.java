/** Tensors on the host that passes read and write in pieces. */
package io.github.clnorm.internal.stream;
