/** The OpenCL port: the few calls that clnorm makes, behind an interface that hides JOCL and can be replaced. */
package io.github.clnorm.internal.opencl;
