/** The command bench, and the options that select workloads. */
package io.github.clnorm.tools.bench;
