// 3: lanes. Gains faster and more accurate sums: 64 partial sums grow side by side, in vectors of 16 floats.
//
//     lane[j] = sum of x[i] over i % 64 == j    sum = the lanes, folded by halves: j with j + 32, then 16, 8, 4, 2, 1
//
// Additions to different lanes do not wait for each other, one instruction adds to 16 lanes, and each lane adds only D
// / 64 values, so it rounds 64 times less. The order of all additions is fixed. Every work-group size and every vector
// width can compute it, so all of them give the same bits.
//
// Parallel over: sets, one per work-item.
// [in]  x            [N, C, S]
// [in]  gamma, beta  [C]
// [out] y            [N, C, S]
// Local memory: 0 bytes.
#pragma OPENCL FP_CONTRACT OFF // The compiler must not turn a * b + c into fma(a, b, c): that gives other bits.

#define LANES 64

// Loads the 64 lanes at x into four vectors. Lanes from n on, after the end of the set, hold `missing`.
static void load_lanes(__global const float *x, const ulong n, const float missing, float16 *lanes)
{
    float part[LANES];
    if (n < LANES) {
        for (uint i = 0; i < LANES; i++) {
            part[i] = i < n ? x[i] : missing;
        }
    }
    for (uint k = 0; k < 4; k++) {
        lanes[k] = n < LANES ? vload16(k, part) : vload16(k, x);
    }
}

// The sum of 64 lanes, folded by halves.
static float fold(const float16 *lanes)
{
    const float16 sixteen = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
    const float8 eight = sixteen.lo + sixteen.hi;
    const float4 four = eight.lo + eight.hi;
    const float2 two = four.lo + four.hi;
    return two.x + two.y;
}

__kernel void group_norm(__global const float *x, __global const float *gamma, __global const float *beta,
                         __global float *y, const uint N, const uint C, const uint G, const uint S, const float eps)
{
    const ulong set = get_global_id(0);
    if (set >= (ulong)N * G) {
        return;
    }
    const ulong D = (ulong)(C / G) * S;
    x += set * D;
    y += set * D;

    float16 v[4], sum[4] = {0, 0, 0, 0}, squares[4] = {0, 0, 0, 0};
    for (ulong i = 0; i < D; i += LANES) {
        load_lanes(x + i, D - i, 0, v);
        for (uint k = 0; k < 4; k++) {
            sum[k] += v[k];
        }
    }
    const float mean = fold(sum) / D;
    for (ulong i = 0; i < D; i += LANES) {
        load_lanes(x + i, D - i, mean, v);
        for (uint k = 0; k < 4; k++) {
            squares[k] += (v[k] - mean) * (v[k] - mean);
        }
    }
    const float rstd = 1 / sqrt(fold(squares) / D + eps);
    for (ulong i = 0; i < D; i++) {
        const ulong c = set % G * (C / G) + i / S;
        y[i] = (x[i] - mean) * rstd * gamma[c] + beta[c];
    }
}
