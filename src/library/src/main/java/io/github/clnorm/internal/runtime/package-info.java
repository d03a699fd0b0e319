/** Doing it: programs, buffers and launches on one device, and the errors that OpenCL answers with. */
package io.github.clnorm.internal.runtime;
