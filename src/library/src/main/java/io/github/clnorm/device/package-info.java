/** Lists and selects OpenCL devices, and describes problems of the installation. */
package io.github.clnorm.device;
