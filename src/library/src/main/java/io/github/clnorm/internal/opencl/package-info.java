/** The OpenCL port: the calls that clnorm makes, behind an interface that hides JOCL and that tests replace. */
package io.github.clnorm.internal.opencl;
