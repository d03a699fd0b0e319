package io.github.clnorm.internal.opencl;

/**
 * What OpenCL says about an event of a caller. Immutable and thread-safe.
 *
 * @param context the context it belongs to, as {@link OpenCl#context()}
 * @param status its execution status: 0 for a command that is done, negative for one that failed
 */
public record EventInfo(Object context, int status) {}
