/** Commands about this machine, devices and doctor, and the options that select a device and its launch parameters. */
package io.github.clnorm.tools.machine;
