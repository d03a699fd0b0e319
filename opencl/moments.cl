// Pass 1: the moments of every block of every set, and of every set.
//
// The rows of a set (sets.cl) are cut into blocks of BLOCK elements in storage order; a set of successive elements is
// one row. A block's pivot is the mean of its first 64 elements; one read gives sum(x - pivot) and sum((x - pivot)^2),
// hence a mean in two terms and M2, the sum of squared deviations. The pivot comes from the block's own data, so an
// outlier in it is in M2 too: by Cauchy-Schwarz few bits can be lost, at any offset; a block that lost two is summed again
// about its mean. E[x^2] - E[x]^2 loses all
// of them once |mean| is large next to std. A set's blocks are merged by compensated 64-lane sums over their moments.
// Neither the cut into work-groups nor their size changes a bit.
//
// Squares of values beyond 2^50 or below 2^-40 would leave the range of float. Such a block, or set, is summed again
// with its deviations scaled by a power of two, which is exact; it costs one more read of the block where it happens.
//
// RMSNorm takes no mean (CENTERED 0): pivot and mean are 0, and M2 is the sum of squares.

#ifndef CLNORM_MOMENTS_CL
#define CLNORM_MOMENTS_CL

#include "lanes.cl"
#include "normalized.cl"
#include "sets.cl"

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

// Squares about the pivot that are more than so many times those about the mean have lost bits: they are taken again.
#define MOST_CANCELLED 4

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
#define TINY_PIVOT 0x1p-10f
#define TINY_EPS 0x1p-75f
#endif

// The moments of a block of n elements: mean = mean_hi + mean_lo, and sum((x - mean)^2) = m2 * unit^2, where unit is
// 1 but for huge and tiny blocks.
typedef struct {
    real mean_hi, mean_lo, m2, unit;
} block_moments_t;

// 1 / scale, exactly: division need not be exact on every device.
CLNORM_INLINE real unit_of(const real scale)
{
    return scale == SCALE_OF_HUGE ? SCALE_OF_TINY : (scale == SCALE_OF_TINY ? SCALE_OF_HUGE : (real)1);
}

// source[at .. at + VECTOR_WIDTH) * scale - pivot, with 0 for the elements from n on.
CLNORM_INLINE realv deviations(const source_t source, const uint at, const uint n, const real scale, const real pivot)
{
    if (at + VECTOR_WIDTH <= n) {
        return multiply_add(source_elements(source, at), (realv)(scale), -(realv)(pivot));
    }
    if (at >= n) {
        return (realv)(0);
    }
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < n ? multiply_add(source_element(source, at + v), scale, -pivot) : (real)0;
    }
    return load_vector(part);
}

// The mean of the first 64 of the n elements at source, times scale: what is taken from each of them before squaring.
// All work-items of the work-group call it together; n = 0 for a team without a block.
CLNORM_INLINE real block_pivot(const source_t source, const uint n, const real scale, const team_t *team)
{
#if CENTERED
    const uint head = min(n, (uint)LANES);
    realv sum[HELD], unused[HELD];
    real pivot, nothing;
#pragma unroll
    for (uint k = 0; k < HELD; k++) {
        const uint lane = LANE_OF(team, k);
        sum[k] = head == LANES ? source_elements(source, lane) * (realv)(scale)
                               : deviations(source, lane, head, scale, 0);
        unused[k] = 0;
    }
    fold_lanes(sum, unused, &pivot, &nothing, team);
    return head == LANES ? pivot * ((real)1 / LANES) : pivot / (real)head;
#else
    return 0;
#endif
}

// The moments of a block whose n deviations from the pivot have the sum `total` and the sum of squares `squares`.
CLNORM_INLINE block_moments_t moments_about(const real pivot, const real total, const real squares, const uint n,
                                            const real scale)
{
    block_moments_t result;
    const real unit = unit_of(scale);
    result.unit = unit;
#if CENTERED
    const real remainder = n == BLOCK ? total * ((real)1 / BLOCK) : total / (real)n;
    const real m2 = multiply_add(-total, remainder, squares);
    const real mean = pivot + remainder;
    const real taken = mean - pivot;
    const real rest = (pivot - (mean - taken)) + (remainder - taken);
    result.mean_hi = mean * unit;
    result.mean_lo = rest * unit;
    result.m2 = m2 < 0 ? 0 : m2;
#else
    result.mean_hi = 0;
    result.mean_lo = 0;
    result.m2 = squares;
#endif
    return result;
}

// How to scale a block of these moments, which were taken without scaling: 1 where they are in range.
CLNORM_INLINE real scale_for(const real m2, const real pivot)
{
    return !(m2 < HUGE_BLOCK_M2) ? SCALE_OF_HUGE
                                 : (m2 < TINY_M2 && fabs(pivot) < TINY_PIVOT ? SCALE_OF_TINY : (real)1);
}

// The moments of the n <= BLOCK elements at source, the same for every work-item of the team. n = 0 for a team without
// a block: it takes part in the barriers. All work-items of the work-group call it together.
CLNORM_INLINE block_moments_t block_moments(const source_t source, const uint n, const team_t *team)
{
    realv sum[HELD], squares[HELD];
    block_moments_t result;
    real scale = 1;
    int again = 1, about_mean = 0;
    for (uint attempt = 0; attempt < 2 && again; attempt++) {
        real total, total_squares;
        const real first = block_pivot(source, n, scale, team);
        // The mean is the best pivot for a block whose first elements are far from the others.
        const real pivot = about_mean ? result.mean_hi : first;
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            sum[k] = 0;
            squares[k] = 0;
        }
        const uint whole = n / LANES * LANES;
        for (uint at = 0; at < whole; at += LANES) {
#pragma unroll
            for (uint k = 0; k < HELD; k++) {
                const uint lane = at + LANE_OF(team, k);
                prefetch_source(source, lane + AHEAD);
                const realv d = multiply_add(source_elements(source, lane), (realv)(scale), -(realv)(pivot));
                sum[k] += d;
                squares[k] = multiply_add(d, d, squares[k]);
            }
        }
        if (whole < n) {
#pragma unroll
            for (uint k = 0; k < HELD; k++) {
                const realv d = deviations(source, whole + LANE_OF(team, k), n, scale, pivot);
                sum[k] += d;
                squares[k] = multiply_add(d, d, squares[k]);
            }
        }
        fold_lanes(sum, squares, &total, &total_squares, team);
        const block_moments_t found = moments_about(pivot, total, total_squares, n, scale);
        // A team that was right the first time keeps its result while others repeat.
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

// Block moments lie in four arrays, one after another: mean_hi, mean_lo, m2, unit, each `stride` long.
CLNORM_INLINE void store_block(MOMENTS_SPACE real *moments, const ulong stride, const ulong block,
                               const block_moments_t m)
{
    moments[block] = m.mean_hi;
    moments[stride + block] = m.mean_lo;
    moments[2 * stride + block] = m.m2;
    moments[3 * stride + block] = m.unit;
}

// The moments of the blocks `first` .. `end` of the set at source, into moments[block] and on: a team takes every
// `step`-th, beginning with its `offset`-th. Nothing is read of a set that is not `there`. All work-items of the
// work-group call it together.
CLNORM_INLINE void moments_of_set_blocks(const source_t source, const int there, const sets_t sets,
                                         const uint blocks_per_row,
                                         const uint first, const uint end, const uint offset, const uint step,
                                         MOMENTS_SPACE real *moments, const ulong stride, const team_t *team)
{
    for (uint base = first; base < end; base += step) {
        const uint block = base + offset;
        const int present = block < end;
        const ulong from = present ? (ulong)(block % blocks_per_row) * BLOCK : 0;
        const ulong row = present ? block / blocks_per_row : 0;
        const uint n = present && there ? (uint)min((ulong)BLOCK, sets.width - from) : 0;
        const block_moments_t m =
            block_moments(source_at(source, row * SOURCE_ROW_STRIDE(sets) + from), n, team);
        if (present && team->item == 0) {
            store_block(moments, stride, block, m);
        }
    }
}

// How a set is cut into blocks. Their sizes repeat after `period` blocks: of these the first `full` have `unit`
// elements, the next, up to `fuller`, `more` units, the others `less` units.
typedef struct {
    uint blocks, period, full, fuller;
    real more, less, unit;
} cut_t;

#define CUT_ARGUMENTS                                                                                                  \
    const uint blocks, const uint period, const uint full, const uint fuller, const real more, const real less,        \
        const real unit
#define DECLARE_CUT(name)                                                                                              \
    cut_t name;                                                                                                        \
    name.blocks = blocks;                                                                                              \
    name.period = period;                                                                                              \
    name.full = full;                                                                                                  \
    name.fuller = fuller;                                                                                              \
    name.more = more;                                                                                                  \
    name.less = less;                                                                                                  \
    name.unit = unit

// values[at .. at + VECTOR_WIDTH), with `missing` for those from `count` on.
CLNORM_INLINE realv load_moments(MOMENTS_SPACE const real *values, const uint at, const uint count, const real missing)
{
    if (at + VECTOR_WIDTH <= count) {
        return load_vector(values + at);
    }
    if (at >= count) {
        return (realv)(missing);
    }
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < count ? values[at + v] : missing;
    }
    return load_vector(part);
}

// The sizes of blocks at .. at + VECTOR_WIDTH in units; 0 behind the last block.
CLNORM_INLINE realv block_weights(const uint at, const cut_t cut)
{
    realv weights = (realv)(1);
    if (at >= cut.blocks) {
        weights = (realv)(0);
    } else if ((at < cut.period ? at : at % cut.period) + VECTOR_WIDTH > cut.full) {
        real part[VECTOR_WIDTH];
        // Division takes longer than all else here.
        uint place = at < cut.period ? at : at % cut.period;
        ROLLED
        for (uint v = 0; v < VECTOR_WIDTH; v++) {
            const real weight = place < cut.full ? (real)1 : (place < cut.fuller ? cut.more : cut.less);
            part[v] = at + v < cut.blocks ? weight : (real)0;
            place++;
            place = place == cut.period ? 0 : place;
        }
        weights = load_vector(part);
    }
    return weights;
}

// The moments of a set of n > 0 elements from those of its blocks: first the mean, relative to the first block's, then
// M2 = sum(m2_b + n_b (mean_b - mean)^2). Counts are in units, so that a full block's weight is 1. Every work-item of
// the team gets the result; all work-items of the work-group call it together, teams of one group with the same n.
CLNORM_INLINE set_moments_t merge_blocks(MOMENTS_SPACE const real *moments, const ulong stride, const cut_t cut,
                                         const ulong n, const real eps, const team_t *team)
{
    const uint blocks = cut.blocks;
    MOMENTS_SPACE const real *means_hi = moments;
    MOMENTS_SPACE const real *means_lo = moments + stride;
    MOMENTS_SPACE const real *m2s = moments + 2 * stride;
    MOMENTS_SPACE const real *units = moments + 3 * stride;

    set_moments_t set;
    set.mean_hi = CENTERED ? means_hi[0] : 0;
    set.mean_lo = CENTERED ? means_lo[0] : 0;
#if !SINGLE_BLOCK
    const real weight = (real)n / cut.unit;
    realv sum[HELD], error[HELD], folded, rounding;
#endif
#if !SINGLE_BLOCK && CENTERED
    realv residuals[HELD], residual_errors[HELD];
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
                if (at >= blocks) {
                    break;
                }
                const realv w = block_weights(at, cut);
                const realv hi = load_moments(means_hi, at, blocks, first_hi);
                const realv lo = load_moments(means_lo, at, blocks, first_lo) - (realv)(first_lo);
                realv shift, shift_error;
                TWO_SUM(realv, shift, shift_error, hi, -(realv)(first_hi));
                const realv weighted = w * shift;
                TWO_SUM(realv, folded, rounding, sum[k], weighted);
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

    // With the mean in hand: M2, and what rounding left of the mean. Scaled where M2 would leave the range of real.
    const real mean_hi = set.mean_hi, mean_lo = set.mean_lo;
    real scale = 1, m2 = 0, residual = 0;
    int again = 1;
    for (uint attempt = 0; attempt < 2 && again; attempt++) {
        real attempt_residual = 0;
#if SINGLE_BLOCK
        const real own_unit = scale * units[0];
        const real attempt_m2 = (m2s[0] * own_unit) * own_unit;
#else
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            sum[k] = 0;
            error[k] = 0;
#if CENTERED
            residuals[k] = 0;
            residual_errors[k] = 0;
#endif
        }
        for (uint base = 0; base < blocks; base += LANES) {
#pragma unroll
            for (uint k = 0; k < HELD; k++) {
                const uint at = base + LANE_OF(team, k);
                if (at >= blocks) {
                    break;
                }
                const realv own_unit = (realv)(scale) * load_moments(units, at, blocks, 1);
                realv deviation = (load_moments(m2s, at, blocks, 0) * own_unit) * own_unit;
#if CENTERED
                const realv w = block_weights(at, cut);
                const realv shift = (load_moments(means_hi, at, blocks, mean_hi) - (realv)(mean_hi)) +
                                    (load_moments(means_lo, at, blocks, mean_lo) - (realv)(mean_lo));
                const realv weighted = w * shift;
                TWO_SUM(realv, folded, rounding, residuals[k], weighted);
                residuals[k] = folded;
                residual_errors[k] += rounding;
                const realv scaled = shift * (realv)(scale);
                deviation = multiply_add(w * (realv)(cut.unit) * scaled, scaled, deviation);
#endif
                TWO_SUM(realv, folded, rounding, sum[k], deviation);
                sum[k] = folded;
                error[k] += rounding;
            }
        }
        const real attempt_m2 = fold_compensated(sum, error, team);
#if CENTERED
        attempt_residual = fold_compensated(residuals, residual_errors, team) / weight;
#endif
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
#if CENTERED
    const real correction = mean_lo + residual;
    set.mean_hi = mean_hi + correction;
    const real taken = set.mean_hi - mean_hi;
    set.mean_lo = (mean_hi - (set.mean_hi - taken)) + (correction - taken);
#endif
    const real scaled_variance = m2 / (real)n;
    const real scaled_eps = (eps * scale) * scale;
    set.rstd = scale * ((real)1 / sqrt(scaled_variance + scaled_eps));
    const real back = unit_of(scale);
    set.variance = (scaled_variance * back) * back;
    return set;
}

// Stores the moments of a set; mean_lo and variance may be null.
CLNORM_INLINE void store_moments(const set_moments_t m, const ulong set, __global real *mean, __global real *mean_lo,
                                 __global real *rstd, __global real *variance)
{
    mean[set] = m.mean_hi;
    rstd[set] = m.rstd;
    if (mean_lo) {
        mean_lo[set] = m.mean_lo;
    }
    if (variance) {
        variance[set] = m.variance;
    }
}

#ifdef MOMENTS_ARE_GLOBAL

// The moments of all blocks of sets whose rows are cut.
// Parallel over: sets x parts; a work-group takes blocks_per_part blocks of one set, each of its teams one at a time.
// [in]  x, residual  [samples, rows, groups, width]
// [out] moments      4 x stride reals: mean_hi, mean_lo, m2, unit of block b of set s at s * blocks + b
// first_group is the index of the launch's first work-group among those of all launches of the tensor.
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
moments_of_blocks(__global const storage_t *x, __global const storage_t *residual, __global real *moments,
                  const ulong stride, SETS_ARGUMENTS, const uint blocks, const uint blocks_per_row,
                  const uint blocks_per_part, const uint parts, const ulong first_group)
{
    DECLARE_TEAM(team);
    DECLARE_SETS(sets);
    DECLARE_TENSOR(tensor);
    const ulong group = first_group + get_group_id(0);
    const ulong set = group / parts;
    const uint first = (uint)(group % parts) * blocks_per_part;
    const uint end = min(first + blocks_per_part, blocks);
    moments_of_set_blocks(tensor_at(tensor, set_offset(sets, set)), 1, sets, blocks_per_row, first, end, team.team,
                          TEAMS, moments + set * blocks, stride, &team);
}

// The moments of all sets, where merging their blocks in every work-group would cost more than a launch.
// Parallel over: sets, one a work-group of one team.
// [in]  moments  as moments_of_blocks and moments_of_columns leave them
// [out] mean, mean_lo, rstd, variance  one real a set; variance may be null
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
moments_of_sets(__global const real *moments, __global real *mean, __global real *mean_lo, __global real *rstd,
                __global real *variance, const ulong stride, SETS_ARGUMENTS, CUT_ARGUMENTS, const real eps,
                const ulong first_group)
{
    DECLARE_TEAM(team);
    DECLARE_SETS(sets);
    DECLARE_CUT(cut);
    const ulong set = first_group + get_group_id(0);
    const set_moments_t m =
        merge_blocks(moments + set * blocks, stride, cut, sets.rows * sets.width, eps, &team);
    if (get_local_id(0) == 0) {
        store_moments(m, set, mean, mean_lo, rstd, variance);
    }
}

#endif
#endif
