// The simplest kernel that a device must compute correctly. `clnorm doctor` runs it on each device.

// sum[i] = a[i] + b[i]
// Parallel over: elements; a work-item adds one.
// [in]  a, b  [n]
// [out] sum   [n]
__kernel void add(__global const float *a, __global const float *b, __global float *sum)
{
    const size_t i = get_global_id(0);
    sum[i] = a[i] + b[i];
}
