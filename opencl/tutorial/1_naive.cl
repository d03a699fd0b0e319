// 1: naive. Gains a first correct result: the formula as textbooks print it, with both moments from one read of x.
//
//     mean = E[x]    variance = E[x^2] - E[x]^2    y = (x - mean) / sqrt(variance + eps) * gamma + beta
//
// A set is normalized together: the D = C / G * S successive floats of one group in one sample.
//
// Wrong where |mean| is large next to the standard deviation. At mean 1e4 and standard deviation 1, E[x^2] and E[x]^2
// are both about 1e8. Floats of that size are 8 apart, so their difference, which should be 1, is lost.
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

    float sum = 0, squares = 0;
    for (ulong i = 0; i < D; i++) {
        sum += x[i];
        squares += x[i] * x[i];
    }
    const float mean = sum / D;
    const float variance = squares / D - mean * mean;

    for (ulong i = 0; i < D; i++) {
        const ulong c = i / S;
        y[i] = (x[i] - mean) / sqrt(variance + eps) * gamma[c] + beta[c];
    }
}
