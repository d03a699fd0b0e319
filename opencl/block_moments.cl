// The moments of a block: its mean, and M2, the sum of squared deviations from the mean.
//
// The pivot of a block is the mean of its first 64 elements. One read of the block gives sum(x - pivot) and sum((x -
// pivot)^2), hence the mean as a high/low pair, and M2. The pivot is from the block's own data, so an outlier in it is
// in M2 too: by Cauchy-Schwarz few bits can be lost at any mean. E[x^2] - E[x]^2 loses all of them if |mean| is large
// compared with the standard deviation.
//
// A block is read a second time in two cases. If two bits were lost, it is summed about its mean. If squares leave the
// range of real (values beyond 2^50 or below 2^-40 in float), it is summed with its deviations scaled by a power of
// two, which is exact.
//
// RMSNorm (CENTERED 0) takes no mean: the pivot and the mean are 0, and M2 is the sum of squares.

#ifndef CLNORM_BLOCK_MOMENTS_CL
#define CLNORM_BLOCK_MOMENTS_CL

#include "lanes.cl"
#include "normalized.cl"
#include "sets.cl"

// A block is summed again if its sum of squares about the pivot exceeds M2 by more than this factor.
#define MOST_CANCELLED 4

// Blocks whose M2 is not below HUGE_BLOCK_M2 are summed again with SCALE_OF_HUGE; blocks whose M2 and pivot are below
// TINY_M2 and TINY_PIVOT with SCALE_OF_TINY. Merges of sets use HUGE_SET_M2, TINY_M2 and TINY_EPS alike.
//
// TINY_PIVOT: the rounding error of a pivot, times SCALE_OF_TINY, must not overflow when it is squared, which takes a pivot
// below 2^-17 in float. And where the pivot is larger, deviations must not need a scale: they are 0 or at least an ulp of the
// pivot, whose square is a normal number above 2^-27.
#if STORAGE == FLOAT64
#define SCALE_OF_HUGE 0x1p-700
#define SCALE_OF_TINY 0x1p700
#define HUGE_BLOCK_M2 0x1p950
#define HUGE_SET_M2 0x1p1000
#define TINY_M2 0x1p-850
#define TINY_PIVOT 0x1p-200
#define TINY_EPS 0x1p-750
#else
#define SCALE_OF_HUGE 0x1p-100f
#define SCALE_OF_TINY 0x1p100f
#define HUGE_BLOCK_M2 0x1p100f
#define HUGE_SET_M2 0x1p120f
#define TINY_M2 0x1p-80f
#define TINY_PIVOT 0x1p-20f
#define TINY_EPS 0x1p-75f
#endif

// The moments of a block: mean = mean_hi + mean_lo, and sum((x - mean)^2) = m2 * unit^2. unit is 1 except for blocks
// that were scaled.
typedef struct {
    real mean_hi, mean_lo, m2, unit;
} block_moments_t;

// 1 / scale, exactly. A division need not be exact on every device.
CLNORM_INLINE real unit_of(const real scale)
{
    return scale == SCALE_OF_HUGE ? SCALE_OF_TINY : (scale == SCALE_OF_TINY ? SCALE_OF_HUGE : (real)1);
}

// The scale for a block with the given moments, which were taken without scaling. 1 if they are in range.
CLNORM_INLINE real scale_for(const real m2, const real pivot)
{
    return !(m2 < HUGE_BLOCK_M2) ? SCALE_OF_HUGE : (m2 < TINY_M2 && fabs(pivot) < TINY_PIVOT ? SCALE_OF_TINY : (real)1);
}

// Blocks in memory. register_blocks.cl, if it is included before, has the pivot and the sums of blocks in registers.
#ifndef REGISTER_BLOCKS
typedef source_t block_source_t;

// x * scale - pivot for VECTOR_WIDTH elements from number `at` on, and 0 for those from n on.
CLNORM_INLINE realv deviations(const source_t source, const uint at, const uint n, const real scale, const real pivot)
{
    if (at + VECTOR_WIDTH <= n) {
        return multiply_add(source_elements(source, at), (realv)(scale), -(realv)(pivot));
    }
#if ALIGNED
    return (realv)(0);
#else
    if (at >= n) {
        return (realv)(0);
    }
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < n ? multiply_add(source_element(source, at + v), scale, -pivot) : (real)0;
    }
    return load_vector(part);
#endif
}

// The pivot of a block of n elements, times scale. A team without a block passes n = 0. A group call.
CLNORM_INLINE real block_pivot(const source_t source, const uint n, const real scale, const team_t *team)
{
#if CENTERED
    const uint head = min(n, (uint)LANES);
    realv sum[HELD];
#pragma unroll
    for (uint k = 0; k < HELD; k++) {
        const uint lane = lane_of(team, k);
        sum[k] = head == LANES ? source_elements(source, lane) * (realv)(scale)
                               : deviations(source, lane, head, scale, 0);
    }
    const real pivot = fold_one(sum, team);
    return head == LANES ? pivot * ((real)1 / LANES) : pivot / (real)head;
#else
    return 0;
#endif
}

#if WORK_GROUP_SIZE > 1 && HELD == 1
// Adds d = x * scale - pivot and d^2.
CLNORM_INLINE void add_deviations(const realv x, const real scale, const real pivot, realv *sum, realv *squares)
{
    const realv d = multiply_add(x, (realv)(scale), -(realv)(pivot));
    *sum += d;
    *squares = multiply_add(d, d, *squares);
}
#endif

// sum(d) and sum(d^2) over the n deviations d = x * scale - pivot of a block. A group call.
CLNORM_INLINE void sum_block(const source_t source, const uint n, const real scale, const real pivot,
                             const team_t *team, real *total, real *total_squares)
{
    realv sum[HELD], squares[HELD];
    clear_lanes(sum, squares);
    const uint whole = n / LANES * LANES;
    uint at = 0;
#if WORK_GROUP_SIZE > 1 && HELD == 1
    for (; at + 4 * LANES <= whole; at += 4 * LANES) {
        const four_t x = four_of_source(source, at + lane_of(team, 0), LANES);
        add_deviations(x.v0, scale, pivot, sum, squares);
        add_deviations(x.v1, scale, pivot, sum, squares);
        add_deviations(x.v2, scale, pivot, sum, squares);
        add_deviations(x.v3, scale, pivot, sum, squares);
    }
#endif
    for (; at < whole; at += LANES) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint lane = at + lane_of(team, k);
            prefetch_source(source, lane + AHEAD);
            const realv d = multiply_add(source_elements(source, lane), (realv)(scale), -(realv)(pivot));
            sum[k] += d;
            squares[k] = multiply_add(d, d, squares[k]);
        }
    }
    if (whole < n) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const realv d = deviations(source, whole + lane_of(team, k), n, scale, pivot);
            sum[k] += d;
            squares[k] = multiply_add(d, d, squares[k]);
        }
    }
    fold_lanes(sum, squares, total, total_squares, team);
}
#endif

// The moments of a block of n elements from the sums of its deviations and of their squares.
CLNORM_INLINE block_moments_t moments_about(const real pivot, const real total, const real squares, const uint n,
                                            const real scale)
{
    block_moments_t result;
    const real unit = unit_of(scale);
    result.unit = unit;
#if CENTERED
    const real remainder = n == BLOCK ? total * ((real)1 / BLOCK) : total / (real)n;
    const real m2 = multiply_add(-total, remainder, squares);
    const real mean_hi = pivot + remainder;
    const real taken = mean_hi - pivot;
    const real mean_lo = (pivot - (mean_hi - taken)) + (remainder - taken);
    result.mean_hi = mean_hi * unit;
    result.mean_lo = mean_lo * unit;
    result.m2 = m2 < 0 ? 0 : m2;
#else
    result.mean_hi = 0;
    result.mean_lo = 0;
    result.m2 = squares;
#endif
    return result;
}

// The moments of a block of n elements; of n = 0 for a team without a block. A group call.
CLNORM_INLINE block_moments_t block_moments(const block_source_t source, const uint n, const team_t *team)
{
    block_moments_t result;
    real scale = 1;
    int again = 1, about_mean = 0;
    for (uint attempt = 0; attempt < 2 && again; attempt++) {
        real total, total_squares;
        const real first = block_pivot(source, n, scale, team);
        // The mean is the best pivot for a block whose first elements differ much from the others.
        const real pivot = about_mean ? result.mean_hi : first;
        sum_block(source, n, scale, pivot, team, &total, &total_squares);
        const block_moments_t found = moments_about(pivot, total, total_squares, n, scale);
        // A team whose first result is right keeps it while other teams repeat.
        if (attempt == 0 || scale != 1 || about_mean) {
            result = found;
        }
        if (n > 0 && attempt == 0) {
            scale = scale_for(found.m2, pivot);
            about_mean = CENTERED && scale == 1 && found.m2 * MOST_CANCELLED < total_squares;
        }
        again = any_team(scale != 1 || about_mean, team);
    }
    return result;
}

// Stores the moments of block number `block`. Moments of blocks are four arrays one after another, each `stride` reals
// long: mean_hi, mean_lo, m2, unit.
CLNORM_INLINE void store_block(BLOCKS_SPACE real *moments, const ulong stride, const ulong block,
                               const block_moments_t m)
{
    moments[block] = m.mean_hi;
    moments[stride + block] = m.mean_lo;
    moments[2 * stride + block] = m.m2;
    moments[3 * stride + block] = m.unit;
}

#ifndef REGISTER_BLOCKS
// The moments of the blocks first .. end of a set. A team takes each `step`-th of them, from number first + offset on.
// Nothing is read if the set is not `present`. A group call.
CLNORM_INLINE void moments_of_set_blocks(const source_t source, const int present, const sets_t sets,
                                         const uint blocks_per_row, const uint first, const uint end, const uint offset,
                                         const uint step, BLOCKS_SPACE real *moments, const ulong stride,
                                         const team_t *team)
{
    for (uint base = first; base < end; base += step) {
        const uint block = base + offset;
        const int in_set = block < end;
        const index_t from = in_set ? (index_t)(block % blocks_per_row) * BLOCK : 0;
        const index_t row = in_set ? block / blocks_per_row : 0;
        const uint n = in_set && present ? (uint)min((index_t)BLOCK, sets.width - from) : 0;
        const block_moments_t m = block_moments(source_at(source, row * source_row_stride(sets) + from), n, team);
        if (in_set && team->item == 0) {
            store_block(moments, stride, block, m);
        }
    }
}
#endif

#endif
