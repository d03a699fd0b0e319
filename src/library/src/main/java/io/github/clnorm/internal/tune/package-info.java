/**
 * Which plan is the fastest here: the search, the database of what was found, and the look-up. A plan decides speed only,
 * so nothing here changes a result.
 */
package io.github.clnorm.internal.tune;
