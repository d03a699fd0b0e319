// 9: resident. Gains one read of x and one launch for all: x stays in registers between its sums and y.
//
//     mean, M2 and y by the formulas of 6_split.cl and 8_affine.cl; a set of one block needs no merge
//
// A team of work-items shares a set. Neighbours load neighbouring vectors, which is what makes GPUs fast. A team holds
// 64 lanes, WIDTH of them in each work-item: 4 work-items with float16 make the same additions as 16 with float4, hence
// the same bits. resident.cl does the same for sets of many blocks, and on CPUs one work-item holds all lanes.
//
// Parallel over: sets, one a work-group of TEAM.
// [in]  x            [N, C, S], where C / G * S is at most BLOCK and S is a multiple of WIDTH
// [in]  gamma, beta  [C]
// [out] y            [N, C, S]
// Local memory: 256 bytes.
#pragma OPENCL FP_CONTRACT OFF
#define LANES 64
#define BLOCK 1024
#ifndef multiply_add // The host defines it if a device has no fma: as (a) * (b) + (c).
#define multiply_add fma
#endif
#ifndef WIDTH // 4, 8 or 16
#define WIDTH 4
#endif
#define TEAM (LANES / WIDTH)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
typedef JOIN(float, WIDTH) vector;

// The sum of 64 lanes, by the tree of 3_lanes.cl, for all work-items. PoCL 3.1 breaks local memory in calls: inlined.
static inline __attribute__((always_inline)) float fold(const vector own, __local float *lanes)
{
    JOIN(vstore, WIDTH)(own, get_local_id(0), lanes);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint half_ = LANES / 2; half_ > 0; half_ /= 2) {
        for (uint i = get_local_id(0); i < half_; i += TEAM) {
            lanes[i] += lanes[i + half_];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    const float total = lanes[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    return total;
}

__kernel __attribute__((reqd_work_group_size(TEAM, 1, 1))) void
group_norm(__global const float *x, __global const float *gamma, __global const float *beta, __global float *y,
           const uint C, const uint G, const uint S, const float eps)
{
    __local float lanes[LANES];
    const uint item = get_local_id(0), D = C / G * S, vectors = D / WIDTH;
    const ulong set = get_group_id(0);
    vector kept[BLOCK / LANES], d;
    for (uint k = 0; k < BLOCK / LANES; k++) {
        const uint i = k * TEAM + item;
        kept[k] = i < vectors ? JOIN(vload, WIDTH)(i, x + set * D) : (vector)(0);
    }
    float mean = fold(kept[0], lanes) / min(D, (uint)LANES), pivot, remainder, m2;
    for (int attempts = 2; attempts > 0; attempts--) {
        vector sum = 0, squares = 0;
        for (uint k = 0; k < BLOCK / LANES; k++) {
            d = k * TEAM + item < vectors ? kept[k] - mean : (vector)(0);
            sum += d;
            squares = multiply_add(d, d, squares);
        }
        const float total = fold(sum, lanes), total_squares = fold(squares, lanes);
        remainder = total / D;
        m2 = multiply_add(-total, remainder, total_squares);
        attempts = m2 * 4 < total_squares ? attempts : 0;
        pivot = mean;
        mean = pivot + remainder;
    }
    const float mean_lo = (pivot - (mean - (mean - pivot))) + (remainder - (mean - pivot));
    const float rstd = 1 / sqrt((m2 < 0 ? 0 : m2) / D + eps);
    for (uint i = item, k = 0; i < vectors; i += TEAM, k++) {
        const uint c = set % G * (C / G) + i * WIDTH / S;
        d = multiply_add((kept[k] - mean) - mean_lo, (vector)(rstd * gamma[c]), (vector)(beta[c]));
        JOIN(vstore, WIDTH)(d, i, y + set * D);
    }
}
