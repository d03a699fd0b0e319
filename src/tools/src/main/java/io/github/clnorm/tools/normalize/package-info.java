/** Commands that normalize files: run and grad. */
package io.github.clnorm.tools.normalize;
