/** Rates of transfers between Java and a device, and what they add to a call. */
package io.github.clnorm.bench.transfers;
