/** The element types of tensors, and their conversion from and to Java's. */
package io.github.clnorm.type;
