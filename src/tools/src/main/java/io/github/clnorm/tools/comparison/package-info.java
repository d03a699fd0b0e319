/**
 * Comparison of saved benchmark runs: the figures of each device, the fastest one for each pass, and regressions
 * against a baseline. This package works on documents and uses no device.
 */
package io.github.clnorm.tools.comparison;
