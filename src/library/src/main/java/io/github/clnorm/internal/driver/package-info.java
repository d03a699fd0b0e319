/**
 * Loads JOCL and the OpenCL drivers, queries their devices, and protects the process from drivers that crash, hang,
 * exit, or replace signal handlers. {@code DeviceQuery} queries drivers in this process, {@code DriverCheck} in child
 * processes, and
 * {@code Diagnosis} explains why a machine has no device.
 */
package io.github.clnorm.internal.driver;
