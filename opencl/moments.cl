// Pass 1: the moments of every block of every set, and of every set.
//
// A set is cut into blocks of BLOCK elements in storage order. A block's pivot is the mean of its first 64 elements;
// one read gives sum(x - pivot) and sum((x - pivot)^2), hence a mean in two terms and M2, the sum of squared deviations.
// The pivot comes from the block's own data, so an outlier in it is in M2 too: by Cauchy-Schwarz six bits can be lost
// at most, at any offset. E[x^2] - E[x]^2 loses all of them once |mean| is large next to std. A set's blocks are merged
// by compensated 64-lane sums over their moments. Neither the cut into work-groups nor their size changes a bit.
//
// Squares of values beyond 2^50 or below 2^-40 would leave the range of float. Such a block, or set, is summed again
// with its deviations scaled by a power of two, which is exact; it costs one more read of the block where it happens.

#ifndef CLNORM_MOMENTS_CL
#define CLNORM_MOMENTS_CL

#include "lanes.cl"

// Elements of a block. Part of the order of summation: another value gives other bits.
#define BLOCK 1024

// The address space of block moments: __local where one work-group sees all blocks of its sets.
#ifndef MOMENTS_SPACE
#define MOMENTS_SPACE __global
#define MOMENTS_ARE_GLOBAL
#endif

// 1 where a set is known to have one block: there is nothing to merge, and 0 gives the same bits. Not a run-time choice:
// barriers in one branch of a condition, though all work-items take it, crash some compilers (PoCL 3.1).
#ifndef SINGLE_BLOCK
#define SINGLE_BLOCK 0
#endif

#define SCALE_OF_HUGE 0x1p-100f
#define SCALE_OF_TINY 0x1p100f
#define HUGE_BLOCK_M2 0x1p100f
#define HUGE_SET_M2 0x1p120f
#define TINY_M2 0x1p-80f
#define TINY_PIVOT 0x1p-10f
#define TINY_EPS 0x1p-75f

// The moments of a block of n elements: mean = mean_hi + mean_lo, and sum((x - mean)^2) = m2 * unit^2, where unit is
// 1 but for huge and tiny blocks.
typedef struct {
    real mean_hi, mean_lo, m2, unit;
} block_moments_t;

// What normalizing a set takes: mean = mean_hi + mean_lo, rstd = 1 / sqrt(variance + eps).
typedef struct {
    real mean_hi, mean_lo, rstd;
} set_moments_t;

// 1 / scale, exactly: division need not be exact on every device.
CLNORM_INLINE real unit_of(const real scale)
{
    return scale == SCALE_OF_HUGE ? SCALE_OF_TINY : (scale == SCALE_OF_TINY ? SCALE_OF_HUGE : (real)1);
}

// x[at .. at + VECTOR_WIDTH) * scale - pivot, with 0 for the elements from n on.
CLNORM_INLINE realv deviations(SET_SPACE const storage_t *x, const uint at, const uint n, const real scale,
                               const real pivot)
{
    if (at + VECTOR_WIDTH <= n) {
        return multiply_add(load_reals(x + at), (realv)(scale), -(realv)(pivot));
    }
    real part[VECTOR_WIDTH];
#pragma unroll
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < n ? multiply_add(x[at + v], scale, -pivot) : (real)0;
    }
    return load_reals(part);
}

// The mean of the first 64 of the n elements at x, times scale: what is taken from each of them before squaring. All
// work-items of the work-group call it together; n = 0 for a team without a block.
CLNORM_INLINE real block_pivot(SET_SPACE const storage_t *x, const uint n, const real scale, const team_t *team)
{
    const uint head = min(n, (uint)LANES);
    realv sum[HELD], unused[HELD];
    real pivot, nothing;
#pragma unroll
    for (uint k = 0; k < HELD; k++) {
        const uint lane = LANE_OF(team, k);
        sum[k] = head == LANES ? load_reals(x + lane) * (realv)(scale) : deviations(x, lane, head, scale, 0);
        unused[k] = 0;
    }
    fold_lanes(sum, unused, &pivot, &nothing, team);
    return head == LANES ? pivot * ((real)1 / LANES) : pivot / (real)head;
}

// The moments of the n <= BLOCK elements at x, the same for every work-item of the team. n = 0 for a team without a
// block: it takes part in the barriers. All work-items of the work-group call it together.
CLNORM_INLINE block_moments_t block_moments(SET_SPACE const storage_t *x, const uint n, const team_t *team)
{
    realv sum[HELD], squares[HELD];
    block_moments_t result;
    real scale = 1;
    int again = 1;
    for (uint attempt = 0; attempt < 2 && again; attempt++) {
        real total, total_squares;
        const real pivot = block_pivot(x, n, scale, team);
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            sum[k] = 0;
            squares[k] = 0;
        }
        const uint whole = n / LANES * LANES;
        for (uint at = 0; at < whole; at += LANES) {
#pragma unroll
            for (uint k = 0; k < HELD; k++) {
                const realv d =
                    multiply_add(load_reals(x + at + LANE_OF(team, k)), (realv)(scale), -(realv)(pivot));
                sum[k] += d;
                squares[k] = multiply_add(d, d, squares[k]);
            }
        }
        if (whole < n) {
#pragma unroll
            for (uint k = 0; k < HELD; k++) {
                const realv d = deviations(x, whole + LANE_OF(team, k), n, scale, pivot);
                sum[k] += d;
                squares[k] = multiply_add(d, d, squares[k]);
            }
        }
        fold_lanes(sum, squares, &total, &total_squares, team);
        const real remainder = n == BLOCK ? total * ((real)1 / BLOCK) : total / (real)n;
        const real m2 = multiply_add(-total, remainder, total_squares);
        const real mean = pivot + remainder;
        const real taken = mean - pivot;
        const real rest = (pivot - (mean - taken)) + (remainder - taken);
        // A team that was right the first time keeps its result while others repeat.
        if (attempt == 0 || scale != 1) {
            const real unit = unit_of(scale);
            result.mean_hi = mean * unit;
            result.mean_lo = rest * unit;
            result.m2 = m2 < 0 ? 0 : m2;
            result.unit = unit;
        }
        if (n > 0 && attempt == 0) {
            if (!(m2 < HUGE_BLOCK_M2)) {
                scale = SCALE_OF_HUGE;
            } else if (m2 < TINY_M2 && fabs(pivot) < TINY_PIVOT) {
                scale = SCALE_OF_TINY;
            }
        }
        again = any_team(scale != 1, team);
    }
    return result;
}

// Elements of block `block` of a set; 0 from block `end` on, and behind the set.
CLNORM_INLINE uint block_size(const uint block, const uint end, const ulong set_size)
{
    const ulong from = (ulong)block * BLOCK;
    return block < end && from < set_size ? (uint)min((ulong)BLOCK, set_size - from) : 0;
}

// Block moments lie in four arrays, one after another: mean_hi, mean_lo, m2, unit, each `stride` long.
CLNORM_INLINE void store_block(MOMENTS_SPACE real *moments, const ulong stride, const ulong block,
                               const block_moments_t m)
{
    moments[block] = m.mean_hi;
    moments[stride + block] = m.mean_lo;
    moments[2 * stride + block] = m.m2;
    moments[3 * stride + block] = m.unit;
}

// The moments of the blocks `first` .. `end` of the set at x, into moments[block] and on: a team takes every `step`-th,
// beginning with its `offset`-th. All work-items of the work-group call it together.
CLNORM_INLINE void moments_of_set_blocks(SET_SPACE const storage_t *x, const ulong set_size, const uint first,
                                         const uint end, const uint offset, const uint step,
                                         MOMENTS_SPACE real *moments, const ulong stride, const team_t *team)
{
    for (uint base = first; base < end; base += step) {
        const uint block = base + offset;
        const uint n = block_size(block, end, set_size);
        const block_moments_t m = block_moments(x + (n > 0 ? (ulong)block * BLOCK : 0), n, team);
        if (block < end && team->item == 0) {
            store_block(moments, stride, block, m);
        }
    }
}

// values[at .. at + VECTOR_WIDTH), with `missing` for those from `count` on.
CLNORM_INLINE realv load_moments(MOMENTS_SPACE const real *values, const uint at, const uint count, const real missing)
{
    if (at + VECTOR_WIDTH <= count) {
        return load_reals(values + at);
    }
    real part[VECTOR_WIDTH];
#pragma unroll
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < count ? values[at + v] : missing;
    }
    return load_reals(part);
}

// The weights of blocks at .. at + VECTOR_WIDTH: 1 for a full block, less for the last one, 0 from `blocks` on.
CLNORM_INLINE realv block_weights(const uint at, const uint blocks, const real last)
{
    realv weights = (realv)(1);
    if (at + VECTOR_WIDTH >= blocks) {
        real part[VECTOR_WIDTH];
#pragma unroll
        for (uint v = 0; v < VECTOR_WIDTH; v++) {
            part[v] = at + v + 1 < blocks ? (real)1 : (at + v + 1 == blocks ? last : (real)0);
        }
        weights = load_reals(part);
    }
    return weights;
}

// The moments of a set of n > 0 elements from those of its blocks: first the mean, relative to the first block's, then
// M2 = sum(m2_b + n_b (mean_b - mean)^2). Counts are in units of BLOCK, so that a full block's weight is 1. Every
// work-item of the team gets the result; all work-items of the work-group call it together, teams of one group with
// the same n.
CLNORM_INLINE set_moments_t merge_blocks(MOMENTS_SPACE const real *moments, const ulong stride, const ulong n,
                                         const real eps, const team_t *team)
{
    const uint blocks = (uint)((n + BLOCK - 1) / BLOCK);
    MOMENTS_SPACE const real *means_hi = moments;
    MOMENTS_SPACE const real *means_lo = moments + stride;
    MOMENTS_SPACE const real *m2s = moments + 2 * stride;
    MOMENTS_SPACE const real *units = moments + 3 * stride;

    set_moments_t set;
    set.mean_hi = means_hi[0];
    set.mean_lo = means_lo[0];
#if !SINGLE_BLOCK
    const real last = (real)(n - (ulong)(blocks - 1) * BLOCK) / BLOCK;
    const real weight = (real)(blocks - 1) + last;
    realv sum[HELD], error[HELD], residuals[HELD], residual_errors[HELD], folded, rounding;
    {
        const real first_hi = set.mean_hi, first_lo = set.mean_lo;
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            sum[k] = 0;
            error[k] = 0;
        }
        for (uint base = 0; base < blocks; base += LANES) {
#pragma unroll
            for (uint k = 0; k < HELD; k++) {
                const uint at = base + LANE_OF(team, k);
                const realv w = block_weights(at, blocks, last);
                const realv hi = load_moments(means_hi, at, blocks, first_hi);
                const realv lo = load_moments(means_lo, at, blocks, first_lo) - (realv)(first_lo);
                realv shift, shift_error;
                TWO_SUM(shift, shift_error, hi, -(realv)(first_hi));
                const realv weighted = w * shift;
                TWO_SUM(folded, rounding, sum[k], weighted);
                sum[k] = folded;
                error[k] += rounding + w * (shift_error + lo);
            }
        }
        const real correction = first_lo + fold_compensated(sum, error, team) / weight;
        set.mean_hi = first_hi + correction;
        const real taken = set.mean_hi - first_hi;
        set.mean_lo = (first_hi - (set.mean_hi - taken)) + (correction - taken);
    }
#endif

    // With the mean in hand: M2, and what rounding left of the mean. Scaled where M2 would leave the range of float.
    const real mean_hi = set.mean_hi, mean_lo = set.mean_lo;
    real scale = 1, m2 = 0, residual = 0;
    int again = 1;
    for (uint attempt = 0; attempt < 2 && again; attempt++) {
#if SINGLE_BLOCK
        const real own_unit = scale * units[0];
        const real attempt_m2 = (m2s[0] * own_unit) * own_unit;
        const real attempt_residual = 0;
#else
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            sum[k] = 0;
            error[k] = 0;
            residuals[k] = 0;
            residual_errors[k] = 0;
        }
        for (uint base = 0; base < blocks; base += LANES) {
#pragma unroll
            for (uint k = 0; k < HELD; k++) {
                const uint at = base + LANE_OF(team, k);
                const realv w = block_weights(at, blocks, last);
                const realv shift = (load_moments(means_hi, at, blocks, mean_hi) - (realv)(mean_hi)) +
                                    (load_moments(means_lo, at, blocks, mean_lo) - (realv)(mean_lo));
                const realv weighted = w * shift;
                TWO_SUM(folded, rounding, residuals[k], weighted);
                residuals[k] = folded;
                residual_errors[k] += rounding;
                const realv unit = (realv)(scale) * load_moments(units, at, blocks, 1);
                const realv scaled = shift * (realv)(scale);
                const realv own = (load_moments(m2s, at, blocks, 0) * unit) * unit;
                const realv deviation = multiply_add(w * (realv)((real)BLOCK) * scaled, scaled, own);
                TWO_SUM(folded, rounding, sum[k], deviation);
                sum[k] = folded;
                error[k] += rounding;
            }
        }
        const real attempt_m2 = fold_compensated(sum, error, team);
        const real attempt_residual = fold_compensated(residuals, residual_errors, team) / weight;
#endif
        if (attempt == 0 || scale != 1) {
            m2 = attempt_m2;
            residual = attempt_residual;
        }
        if (attempt == 0) {
            if (!(attempt_m2 < HUGE_SET_M2)) {
                scale = SCALE_OF_HUGE;
            } else if (attempt_m2 < TINY_M2 && eps < TINY_EPS) {
                scale = SCALE_OF_TINY;
            }
        }
        again = any_team(scale != 1, team);
    }
    const real correction = mean_lo + residual;
    set.mean_hi = mean_hi + correction;
    const real taken = set.mean_hi - mean_hi;
    set.mean_lo = (mean_hi - (set.mean_hi - taken)) + (correction - taken);
    const real variance = m2 / (real)n;
    const real scaled_eps = (eps * scale) * scale;
    set.rstd = scale * ((real)1 / sqrt(variance + scaled_eps));
    return set;
}

#ifdef MOMENTS_ARE_GLOBAL

// The moments of all blocks.
// Parallel over: sets x parts; a work-group takes blocks_per_part blocks of one set, each of its teams one at a time.
// [in]  x        sets of set_size elements, one after another
// [out] moments  4 x stride reals: mean_hi, mean_lo, m2, unit of block b of set s at s * blocks + b
// first_group is the index of the launch's first work-group among those of all launches of the tensor.
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
moments_of_blocks(__global const storage_t *x, __global real *moments, const ulong stride, const ulong set_size,
                  const uint blocks, const uint blocks_per_part, const uint parts, const ulong first_group)
{
    DECLARE_TEAM(team);
    const ulong group = first_group + get_group_id(0);
    const ulong set = group / parts;
    const uint first = (uint)(group % parts) * blocks_per_part;
    const uint end = min(first + blocks_per_part, blocks);
    moments_of_set_blocks(x + set * set_size, set_size, first, end, team.team, TEAMS, moments + set * blocks, stride,
                          &team);
}

// The moments of all sets, where a set has so many blocks that merging them in every work-group would cost more.
// Parallel over: sets, one a work-group of one team.
// [in]  moments  as moments_of_blocks leaves them
// [out] mean, mean_lo, rstd  one real a set
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
moments_of_sets(__global const real *moments, __global real *mean, __global real *mean_lo, __global real *rstd,
                const ulong stride, const ulong set_size, const uint blocks, const real eps, const ulong first_group)
{
    DECLARE_TEAM(team);
    const ulong set = first_group + get_group_id(0);
    const set_moments_t m = merge_blocks(moments + set * blocks, stride, set_size, eps, &team);
    if (get_local_id(0) == 0) {
        mean[set] = m.mean_hi;
        mean_lo[set] = m.mean_lo;
        rstd[set] = m.rstd;
    }
}

#endif
#endif
