/** The same mathematics in plain float64 Java, written from the formulas and sharing nothing with the kernels. */
package io.github.clnorm.reference;
