// 4: runs. Gains faster writes of y: the S elements of one channel, a run, share gamma and beta.
//
//     y = activation((x - mean) * scale + shift)    scale = rstd * gamma[c]    shift = beta[c]
//
// Scale and shift are scalars of a run. No element pays the division i / S that finds its channel, and y is written in
// vectors of 16 floats. The activation is fused: a kernel of its own would read and write the whole tensor once more.
//
// Parallel over: sets, one per work-item.
// [in]  x            [N, C, S]
// [in]  gamma, beta  [C]
// [out] y            [N, C, S]
// Local memory: 0 bytes.
#pragma OPENCL FP_CONTRACT OFF
#define LANES 64
#ifdef RELU // -D RELU
#define ACTIVATION(v) fmax(v, 0.0f)
#else
#define ACTIVATION(v) (v)
#endif

static void load_lanes(__global const float *x, const ulong n, const float missing, float16 *lanes)
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

    for (uint c = 0; c < C / G; c++, x += S, y += S) {
        const float scale = rstd * gamma[set % G * (C / G) + c], shift = beta[set % G * (C / G) + c];
        uint s = 0;
        for (; s + 16 <= S; s += 16) {
            vstore16(ACTIVATION((vload16(0, x + s) - mean) * scale + shift), 0, y + s);
        }
        for (; s < S; s++) {
            y[s] = ACTIVATION((x[s] - mean) * scale + shift);
        }
    }
}
