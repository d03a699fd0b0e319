/** A pass on several devices: which device computes which samples, and the threads that let it. */
package io.github.clnorm.internal.fleet;
