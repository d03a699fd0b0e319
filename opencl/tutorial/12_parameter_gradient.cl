// 12: the gradients of weight and bias. Gains dgamma and dbeta without a read of x or dy: they are sums of block sums.
//
//     dgamma[c] = sum of product_b    dbeta[c] = sum of sum_b    over all blocks b of channel c, in all samples
//
// 64 compensated lanes add the sums of 10_gradient_sums.cl sample after sample, block after block. Every run gives the
// same bits. Atomic additions would add in the order in which work-items arrive.
//
// Parallel over: parameters, 2 * C of them, one per work-item.
// [in]  sums           [2, N, C, ceil(S / BLOCK)]
// [out] dgamma, dbeta  [C]
// Local memory: 0 bytes.
#pragma OPENCL FP_CONTRACT OFF
#define LANES 64
#define BLOCK 1024

// Adds b to a compensated sum: a float2 of the sum and the rounding error of all its additions (Knuth's two-sum).
static float2 add(const float2 a, const float b)
{
    const float sum = a.x + b, taken = sum - a.x;
    return (float2)(sum, a.y + ((a.x - (sum - taken)) + (b - taken)));
}

// The sum of 64 lanes, by the tree of 3_lanes.cl.
static float fold(float2 *lanes)
{
    for (uint half_ = LANES / 2; half_ > 0; half_ /= 2) {
        for (uint i = 0; i < half_; i++) {
            lanes[i] = add((float2)(lanes[i].x, lanes[i].y + lanes[i + half_].y), lanes[i + half_].x);
        }
    }
    return lanes[0].x + lanes[0].y;
}

__kernel void gradient_of_parameters(__global const float *sums, __global float *dgamma, __global float *dbeta,
                                     const uint N, const uint C, const uint S)
{
    const ulong pieces = (S + BLOCK - 1) / BLOCK, id = get_global_id(0), c = id % C;
    if (id >= 2 * (ulong)C) {
        return;
    }
    sums += id < C ? 0 : N * C * pieces;
    float2 sum[LANES];
    for (uint i = 0; i < LANES; i++) {
        sum[i] = 0;
    }
    for (ulong i = 0; i < N * pieces; i++) {
        const ulong sample = i / pieces;
        sum[i % LANES] = add(sum[i % LANES], sums[(sample * C + c) * pieces + i % pieces]);
    }
    (id < C ? dgamma : dbeta)[c] = fold(sum);
}
