/** The command tune. */
package io.github.clnorm.tools.tune;
