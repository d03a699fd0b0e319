// A launch that does nothing: what is left of the time of any launch when its work is taken away.

// Parallel over: anything.
// [out] y  not written; a kernel takes an argument, as all others do
__kernel void nothing(__global float *y)
{
}
