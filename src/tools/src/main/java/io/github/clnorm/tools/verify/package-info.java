/** The command verify. */
package io.github.clnorm.tools.verify;
