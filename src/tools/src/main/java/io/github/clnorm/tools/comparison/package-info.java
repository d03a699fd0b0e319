/**
 * Saved runs of the benchmark side by side: what each device was measured at, which was fastest at what, and what is slower
 * than in an earlier run. Everything here is about documents: nothing runs.
 */
package io.github.clnorm.tools.comparison;
