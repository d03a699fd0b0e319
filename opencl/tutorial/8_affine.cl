// 8: affine. Gains all compute units for y, and accuracy at large means: y uses the low part of the mean.
//
//     y = activation(((x - mean_hi) - mean_lo) * (rstd * gamma[c]) + beta[c])
//
// The third launch. x - mean_hi is exact where x is close to the mean. The form x * a + b, with the mean folded into b,
// loses three decimal digits at mean 1e4.
//
// Parallel over: pieces of at most PIECE elements of a channel, one per work-item.
// [in]  x                    [N, C, S]
// [in]  gamma, beta          [C]
// [in]  mean, mean_lo, rstd  [N, G], of 7_merge.cl
// [out] y                    [N, C, S]
// Local memory: 0 bytes.
#pragma OPENCL FP_CONTRACT OFF
#define PIECE 1024
#ifndef multiply_add // The host defines it if a device has no fma: as (a) * (b) + (c).
#define multiply_add fma
#endif
#ifdef RELU // -D RELU
#define ACTIVATION(v) fmax(v, 0.0f)
#else
#define ACTIVATION(v) (v)
#endif

__kernel void affine(__global const float *x, __global const float *gamma, __global const float *beta,
                     __global const float *mean, __global const float *mean_lo, __global const float *rstd,
                     __global float *y, const uint N, const uint C, const uint G, const uint S)
{
    const ulong pieces = (S + PIECE - 1) / PIECE, id = get_global_id(0), run = id / pieces;
    if (run >= (ulong)N * C) {
        return;
    }
    const ulong set = run / (C / G);
    const float hi = mean[set], lo = mean_lo[set];
    const float scale = rstd[set] * gamma[run % C], shift = beta[run % C];
    const ulong first = id % pieces * PIECE;
    const uint n = min(S - first, (ulong)PIECE);
    x += run * S + first;
    y += run * S + first;
    uint i = 0;
    for (; i + 16 <= n; i += 16) {
        const float16 d = (vload16(0, x + i) - hi) - lo;
        vstore16(ACTIVATION(multiply_add(d, (float16)(scale), (float16)(shift))), 0, y + i);
    }
    for (; i < n; i++) {
        y[i] = ACTIVATION(multiply_add((x[i] - hi) - lo, scale, shift));
    }
}
