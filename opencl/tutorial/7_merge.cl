// 7: merge. Gains accurate sums of many blocks: the sums over blocks keep the rounding error of each addition.
//
//     mean = mean_0 + sum(n_b (mean_b - mean_0)) / D    M2 = sum(M2_b + n_b (mean_b - mean)^2)
//
// The second launch. The sum of the means is relative to the first block's mean, so it stays small. Lane b % 64 adds
// block b to a compensated sum: a float2 of the sum and of the rounding errors of its additions. The weight n_b is in
// units of BLOCK: a full block has weight 1. The second loop also adds what rounding left of the mean.
//
// Parallel over: sets, one per work-item.
// [in]  moments              [3, sets * blocks]: mean_hi, mean_lo and M2 of all blocks, of 6_split.cl
// [out] mean, mean_lo, rstd  [N, G]
// Local memory: 0 bytes.
#pragma OPENCL FP_CONTRACT OFF
#define LANES 64
#define BLOCK 1024
#ifndef multiply_add // The host defines it if a device has no fma: as (a) * (b) + (c).
#define multiply_add fma
#endif

// The sum of two pairs, whose rounding error goes to the low part: a.x + b.x = x + error exactly (Knuth's two-sum).
static float2 add(const float2 a, const float2 b)
{
    const float sum = a.x + b.x, taken = sum - a.x;
    return (float2)(sum, (a.y + b.y) + ((a.x - (sum - taken)) + (b.x - taken)));
}

// The sum of 64 lanes, by the tree of 3_lanes.cl.
static float fold(float2 *lanes)
{
    for (uint half_ = LANES / 2; half_ > 0; half_ /= 2) {
        for (uint i = 0; i < half_; i++) {
            lanes[i] = add(lanes[i], lanes[i + half_]);
        }
    }
    return lanes[0].x + lanes[0].y;
}

__kernel void moments_of_sets(__global const float *moments, __global float *mean, __global float *mean_lo,
                              __global float *rstd, const uint N, const uint C, const uint G, const uint S,
                              const float eps)
{
    const ulong D = (ulong)(C / G) * S, blocks = (D + BLOCK - 1) / BLOCK, stride = N * G * blocks;
    const ulong set = get_global_id(0);
    if (set >= (ulong)N * G) {
        return;
    }
    __global const float *hi = moments + set * blocks, *lo = hi + stride, *m2 = lo + stride;
    const float weight = (float)D / BLOCK, last_weight = (float)(D - (blocks - 1) * BLOCK) / BLOCK;
    float2 sum[LANES], rest[LANES];
    for (uint i = 0; i < LANES; i++) {
        sum[i] = 0;
    }
    for (ulong b = 0; b < blocks; b++) {
        const float w = b + 1 < blocks ? 1 : last_weight;
        const float2 shift = add((float2)(hi[b], lo[b] - lo[0]), (float2)(-hi[0], 0));
        const float2 grown = add((float2)(sum[b % LANES].x, 0), (float2)(w * shift.x, 0));
        sum[b % LANES] = (float2)(grown.x, sum[b % LANES].y + (grown.y + w * shift.y));
    }
    float2 m = add((float2)(hi[0], 0), (float2)(lo[0] + fold(sum) / weight, 0));
    for (uint i = 0; i < LANES; i++) {
        sum[i] = rest[i] = 0;
    }
    for (ulong b = 0; b < blocks; b++) {
        const float w = b + 1 < blocks ? 1 : last_weight;
        const float shift = (hi[b] - m.x) + (lo[b] - m.y);
        rest[b % LANES] = add(rest[b % LANES], (float2)(w * shift, 0));
        sum[b % LANES] = add(sum[b % LANES], (float2)(multiply_add(w * BLOCK * shift, shift, m2[b]), 0));
    }
    m = add((float2)(m.x, 0), (float2)(m.y + fold(rest) / weight, 0));
    mean[set] = m.x;
    mean_lo[set] = m.y;
    rstd[set] = 1 / sqrt(fold(sum) / D + eps);
}
