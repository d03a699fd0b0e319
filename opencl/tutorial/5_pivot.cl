// 5: blocks with a pivot. Gains one read of x instead of two: both moments come from it, accurate at any mean.
//
//     pivot = mean of the block's first 64    d = x - pivot    r = E[d]
//     mean_b = pivot + r    M2_b = sum(d^2) - r * sum(d)
//
// A block is 1024 successive elements of a set. M2 is the sum of squared deviations from the mean. d is small at any
// mean, so little cancels in M2_b. The blocks are merged one after another, by the update formula of Chan, Golub and
// LeVeque.
//
// Parallel over: sets, one per work-item.
// [in]  x            [N, C, S]
// [in]  gamma, beta  [C]
// [out] y            [N, C, S]
// Local memory: 0 bytes.
#pragma OPENCL FP_CONTRACT OFF
#define LANES 64
#define BLOCK 1024

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

__kernel void group_norm(__global const float *x, __global const float *gamma, __global const float *beta,
                         __global float *y, const uint N, const uint C, const uint G, const uint S, const float eps)
{
    const ulong set = get_global_id(0), D = (ulong)(C / G) * S;
    if (set >= (ulong)N * G) {
        return;
    }
    x += set * D;
    y += set * D;
    float mean = 0, m2 = 0;
    for (ulong at = 0; at < D; at += BLOCK) {
        const uint n = min(D - at, (ulong)BLOCK);
        float16 v[4], sum[4] = {0, 0, 0, 0}, squares[4] = {0, 0, 0, 0};
        load_lanes(x + at, n, 0, v);
        const float pivot = fold(v) / min(n, (uint)LANES);
        for (uint i = 0; i < n; i += LANES) {
            load_lanes(x + at + i, n - i, pivot, v);
            for (uint k = 0; k < 4; k++) {
                sum[k] += v[k] - pivot;
                squares[k] += (v[k] - pivot) * (v[k] - pivot);
            }
        }
        const float total = fold(sum), from_mean = pivot + total / n - mean, share = n / (float)(at + n);
        m2 += fold(squares) - total / n * total + from_mean * from_mean * share * at;
        mean += from_mean * share;
    }
    const float rstd = 1 / sqrt(m2 / D + eps);
    for (uint c = 0; c < C / G; c++, x += S, y += S) {
        const float scale = rstd * gamma[set % G * (C / G) + c], shift = beta[set % G * (C / G) + c];
        uint s = 0;
        for (; s + 16 <= S; s += 16) {
            vstore16((vload16(0, x + s) - mean) * scale + shift, 0, y + s);
        }
        for (; s < S; s++) {
            y[s] = (x[s] - mean) * scale + shift;
        }
    }
}
