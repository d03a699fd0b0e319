// 2: two passes. Gains a correct result at large means: it subtracts the mean before squaring, for one more read of x.
//
//     mean = E[x]    variance = E[(x - mean)^2]    y = (x - mean) * rstd * gamma + beta
//
// rstd = 1 / sqrt(variance + eps) is computed once for each set, not once for each element.
//
// Still slow and inexact: one accumulator adds D values one after another. Each addition waits for the one before it,
// and the larger the sum grows, the more each addition rounds away.
//
// Parallel over: sets, one per work-item.
// [in]  x            [N, C, S]
// [in]  gamma, beta  [C]
// [out] y            [N, C, S]
// Local memory: 0 bytes.
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
    gamma += set % G * (C / G);
    beta += set % G * (C / G);

    float sum = 0;
    for (ulong i = 0; i < D; i++) {
        sum += x[i];
    }
    const float mean = sum / D;

    float squares = 0;
    for (ulong i = 0; i < D; i++) {
        squares += (x[i] - mean) * (x[i] - mean);
    }
    const float rstd = 1 / sqrt(squares / D + eps);

    for (ulong i = 0; i < D; i++) {
        const ulong c = i / S;
        y[i] = (x[i] - mean) * rstd * gamma[c] + beta[c];
    }
}
