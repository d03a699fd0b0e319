/** Element types and their conversion from and to Java's, layouts, activations and ways of tuning. */
package io.github.clnorm.type;
