/** The words that a problem is named in: element types and their conversion from and to Java's, layouts, activations. */
package io.github.clnorm.type;
