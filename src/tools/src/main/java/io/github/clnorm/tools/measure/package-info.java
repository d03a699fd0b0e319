/**
 * How fast and how exact a device is: workloads in suites, the best copy that a device makes, and times that are taken in
 * turn, next to that copy.
 */
package io.github.clnorm.tools.measure;
