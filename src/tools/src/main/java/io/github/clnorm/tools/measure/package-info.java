/**
 * Measures speed and error of a device: suites of workloads, the best copy that the device makes, and times taken in
 * turn with that copy.
 */
package io.github.clnorm.tools.measure;
