/** The search for the fastest plan, the database of its results, and the lookup. A plan affects only speed. */
package io.github.clnorm.internal.tune;
