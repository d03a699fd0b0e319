// The empty launch: its time is the launch overhead that a device adds to every kernel.

// Parallel over: any range.
// [out] y  not written; all kernels have an argument, so this one has too
__kernel void nothing(__global float *y)
{
}
