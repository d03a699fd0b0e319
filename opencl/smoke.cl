// The least a device must do: what `clnorm doctor` runs on each.

// sum[i] = a[i] + b[i].
// Parallel over: elements, one a work-item.
// [in]  a, b  n floats
// [out] sum   n floats
__kernel void add(__global const float *a, __global const float *b, __global float *sum)
{
    const size_t i = get_global_id(0);
    sum[i] = a[i] + b[i];
}
