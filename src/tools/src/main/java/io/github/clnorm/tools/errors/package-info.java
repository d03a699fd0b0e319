/**
 * A search for inputs whose float32 results have the largest errors: random problems, then hill climbs from the worst of
 * them. A program of its own, {@code bench/error-search}.
 */
package io.github.clnorm.tools.errors;
