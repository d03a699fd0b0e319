/** The command compare. */
package io.github.clnorm.tools.compare;
