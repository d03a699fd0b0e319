// 11: the gradient of the input. Gains dx for one more read of x and dy: 10_gradient_sums.cl has summed all else.
//
//     g = dy * gamma    dx = (g - mean(g) - xhat * mean(g * xhat)) * rstd, with the means over the set
//
// Two launches: the first merges the blocks of each set once. gamma enters there, block by block, because all elements
// of a block share it. The subtractions come before the factor rstd, so dx is exactly 0 in a set of one element.
//
// [in]  x, dy                [N, C, S]
// [in]  gamma                [C]
// [in]  mean, mean_lo, rstd  [N, G], of the forward pass
// [in]  sums                 [2, N, C, ceil(S / BLOCK)]
// [tmp] g                    [2, N, G]: mean(g * xhat), mean(g)
// [out] dx                   [N, C, S]
// Local memory: 0 bytes.
#pragma OPENCL FP_CONTRACT OFF
#define LANES 64
#define BLOCK 1024
#ifndef multiply_add
#define multiply_add fma
#endif

static float2 add(const float2 a, const float b)
{
    const float sum = a.x + b, taken = sum - a.x;
    return (float2)(sum, a.y + ((a.x - (sum - taken)) + (b - taken)));
}

static float fold(float2 *lanes)
{
    for (uint half_ = LANES / 2; half_ > 0; half_ /= 2) {
        for (uint i = 0; i < half_; i++) {
            lanes[i] = add((float2)(lanes[i].x, lanes[i].y + lanes[i + half_].y), lanes[i + half_].x);
        }
    }
    return lanes[0].x + lanes[0].y;
}

// Parallel over: sums of sets, two per set, one per work-item.
__kernel void gradient_of_sets(__global const float *sums, __global const float *gamma, __global float *g, const uint N,
                               const uint C, const uint G, const uint S)
{
    const ulong pieces = (S + BLOCK - 1) / BLOCK, blocks = C / G * pieces, id = get_global_id(0), set = id % (N * G);
    if (id >= 2 * (ulong)N * G) {
        return;
    }
    float2 sum[LANES];
    for (uint i = 0; i < LANES; i++) {
        sum[i] = 0;
    }
    for (ulong b = 0; b < blocks; b++) {
        const ulong c = set % G * (C / G) + b / pieces;
        sum[b % LANES] = add(sum[b % LANES], gamma[c] * sums[id * blocks + b]);
    }
    g[id] = fold(sum) / (C / G * (ulong)S);
}

// Parallel over: pieces of at most BLOCK elements of a channel, one per work-item.
__kernel void input_gradient(__global const float *x, __global const float *dy, __global const float *gamma,
                             __global const float *mean, __global const float *mean_lo, __global const float *rstd,
                             __global const float *g, __global float *dx, const uint N, const uint C, const uint G,
                             const uint S)
{
    const ulong pieces = (S + BLOCK - 1) / BLOCK, id = get_global_id(0), run = id / pieces, set = run / (C / G);
    if (run >= (ulong)N * C) {
        return;
    }
    const float hi = mean[set], lo = mean_lo[set], r = rstd[set], product = g[set], sum = g[N * G + set];
    const ulong first = run * S + id % pieces * BLOCK, end = min(first + BLOCK, (run + 1) * S);
    for (ulong i = first; i < end; i++) {
        const float xhat = ((x[i] - hi) - lo) * r;
        dx[i] = multiply_add(-xhat, product, dy[i] * gamma[run % C] - sum) * r;
    }
}
