// 10: the sums of backward. Gains one read of x and dy for all gradients: dx, dgamma and dbeta need the same sums.
//
//     xhat = ((x - mean_hi) - mean_lo) * rstd    product_b = sum(dy * xhat)    sum_b = sum(dy)
//
// A block is now a piece of one channel in one sample, so that its sums belong to one gamma and to one set. The
// products are with xhat. Sums of dy * x, corrected by the mean afterwards, cancel where |mean| is large.
//
// gradient_blocks.cl also takes dy back through the activation.
//
// Parallel over: blocks of at most BLOCK elements of a channel, one per work-item.
// [in]  x, dy                [N, C, S]
// [in]  mean, mean_lo, rstd  [N, G], of the forward pass
// [out] sums                 [2, N, C, ceil(S / BLOCK)]: product_b and sum_b of all blocks
// Local memory: 0 bytes.
#pragma OPENCL FP_CONTRACT OFF
#define LANES 64
#define BLOCK 1024
#define END 16
#ifndef multiply_add // The host defines it if a device has no fma: as (a) * (b) + (c).
#define multiply_add fma
#endif

// Loads 64 elements, or the n % 64 at the end of a block of n: whole ENDs of these take the first lanes; the rest takes
// the last lanes of the next END, so that the real kernels can read it with a vector that ends where the block ends.
static void load_lanes(__global const float *x, const uint left, const uint n, float16 *lanes)
{
    float part[LANES];
    const uint ends = left / END * END, shift = n < END ? 0 : (END - left % END) % END;
    for (uint lane = 0; left < LANES && lane < LANES; lane++) {
        const uint i = lane < ends ? lane : lane - shift;
        part[lane] = i < left && (i < ends) == (lane < ends) ? x[i] : 0;
    }
    for (uint k = 0; k < 4; k++) {
        lanes[k] = left < LANES ? vload16(k, part) : vload16(k, x);
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

__kernel void gradient_sums(__global const float *x, __global const float *dy, __global const float *mean,
                            __global const float *mean_lo, __global const float *rstd, __global float *sums,
                            const uint N, const uint C, const uint G, const uint S)
{
    const ulong pieces = (S + BLOCK - 1) / BLOCK, id = get_global_id(0), run = id / pieces;
    if (run >= (ulong)N * C) {
        return;
    }
    const ulong set = run / (C / G), first = id % pieces * BLOCK;
    const uint n = min(S - first, (ulong)BLOCK);
    x += run * S + first;
    dy += run * S + first;
    float16 v[4], d[4], products[4] = {0, 0, 0, 0}, sum[4] = {0, 0, 0, 0};
    for (uint i = 0; i < n; i += LANES) {
        load_lanes(x + i, n - i, n, v);
        load_lanes(dy + i, n - i, n, d);
        for (uint k = 0; k < 4; k++) {
            const float16 xhat = ((v[k] - mean[set]) - mean_lo[set]) * rstd[set];
            products[k] = multiply_add(d[k], xhat, products[k]);
            sum[k] += d[k];
        }
    }
    sums[id] = fold(products);
    sums[N * C * pieces + id] = fold(sum);
}
