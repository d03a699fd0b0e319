/** Runs passes on one device: memory, programs, kernel launches and transfers. */
package io.github.clnorm.internal.runtime;
