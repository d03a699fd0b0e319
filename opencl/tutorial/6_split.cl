// 6: split. Gains all compute units for few sets: work-items share the blocks of a set, so all units work at N = 1.
//
//     mean_b = pivot + E[x - pivot], as a high/low pair    M2_b = sum((x - mean_b)^2)
//
// The first of three launches, before 7_merge.cl and 8_affine.cl. From here on the results have the library's bits.
//
// The mean is a high/low pair: mean_hi is the rounded mean, and mean_lo is the rounding error. At mean 1e4, mean_hi
// alone can be 5e-4 off. A block whose pivot is far from its mean is summed a second time, about its mean.
//
// block_moments.cl also scales blocks whose squares overflow or underflow: |x| above 2^50 or below 2^-40.
//
// Parallel over: blocks of BLOCK elements, one per work-item; the last block of a set may be shorter.
// [in]  x        [N, C, S]
// [out] moments  [3, sets * blocks]: mean_hi, mean_lo and M2 of all blocks
// Local memory: 0 bytes.
#pragma OPENCL FP_CONTRACT OFF
#define LANES 64
#define BLOCK 1024
#ifndef multiply_add // The host defines it if a device has no fma: as (a) * (b) + (c).
#define multiply_add fma
#endif

static void load_lanes(__global const float *x, const uint n, const float missing, float16 *lanes)
{
    float part[LANES];
    for (uint i = 0; n < LANES && i < LANES; i++) {
        part[i] = i < n ? x[i] : missing;
    }
    for (uint k = 0; k < 4; k++) {
        lanes[k] = n < LANES ? vload16(k, part) : vload16(k, x);
    }
}

static float fold(const float16 *lanes)
{
    const float16 sixteen = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
    const float8 eight = sixteen.lo + sixteen.hi;
    const float4 four = eight.lo + eight.hi;
    const float2 two = four.lo + four.hi;
    return two.x + two.y;
}

__kernel void moments_of_blocks(__global const float *x, __global float *moments, const uint N, const uint C,
                                const uint G, const uint S)
{
    const ulong D = (ulong)(C / G) * S, blocks = (D + BLOCK - 1) / BLOCK, stride = N * G * blocks;
    const ulong id = get_global_id(0), first = id % blocks * BLOCK;
    if (id >= stride) {
        return;
    }
    x += id / blocks * D + first;
    const uint n = min(D - first, (ulong)BLOCK);
    float16 v[4];
    load_lanes(x, n, 0, v);
    float pivot = fold(v) / min(n, (uint)LANES);
    // A block whose squares are mostly about a pivot far from its mean is summed once more, about the mean.
    for (int attempts = 2, attempt = 0; attempt < attempts; attempt++) {
        float16 sum[4] = {0, 0, 0, 0}, squares[4] = {0, 0, 0, 0};
        for (uint i = 0; i < n; i += LANES) {
            load_lanes(x + i, n - i, pivot, v);
            for (uint k = 0; k < 4; k++) {
                const float16 d = v[k] - pivot;
                sum[k] += d;
                squares[k] = multiply_add(d, d, squares[k]);
            }
        }
        const float total = fold(sum), total_squares = fold(squares), remainder = total / n;
        const float m2 = multiply_add(-total, remainder, total_squares);
        const float mean = pivot + remainder, taken = mean - pivot;
        moments[id] = mean;
        moments[stride + id] = (pivot - (mean - taken)) + (remainder - taken);
        moments[2 * stride + id] = m2 < 0 ? 0 : m2;
        attempts = m2 * 4 < total_squares ? 2 : 1;
        pivot = mean;
    }
}
