/** Which device: what is there, what it can do, and which of several a selector picks. */
package io.github.clnorm.device;
