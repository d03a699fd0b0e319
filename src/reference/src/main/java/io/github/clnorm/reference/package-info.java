/** The same mathematics in plain float64 Java, written from the formulas. It shares no code with the kernels. */
package io.github.clnorm.reference;
