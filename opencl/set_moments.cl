// The moments of a set, merged from those of its blocks (n_b elements, mean_b, M2_b):
//
//     mean = sum(n_b * mean_b) / n               relative to the first block's mean, as a high/low pair
//     M2   = sum(M2_b + n_b * (mean_b - mean)^2)
//     rstd = 1 / sqrt(M2 / n + eps)
//
// The sums are compensated sums in 64 lanes (compensated.cl), in the order of the blocks. n_b is counted in units of a
// full block, whose weight is therefore 1.

#ifndef CLNORM_SET_MOMENTS_CL
#define CLNORM_SET_MOMENTS_CL

#include "block_moments.cl"
#include "compensated.cl"

// 1 if each set has one block: there is nothing to merge, and 0 gives the same bits. Not a run-time choice: a barrier
// inside a condition, although all work-items take it, crashes some compilers (PoCL 3.1).
#ifndef SINGLE_BLOCK
#define SINGLE_BLOCK 0
#endif

// The cut of a set into blocks. Sizes repeat after `period` blocks. Of these the first `full` have `unit` elements, the
// next ones, up to number `fuller`, more * unit, and the others less * unit.
typedef struct {
    uint blocks, period, full, fuller;
    real more, less, unit;
} cut_t;

CLNORM_INLINE cut_t cut_of(const uint blocks, const uint period, const uint full, const uint fuller, const real more,
                           const real less, const real unit)
{
    cut_t cut;
    cut.blocks = blocks;
    cut.period = period;
    cut.full = full;
    cut.fuller = fuller;
    cut.more = more;
    cut.less = less;
    cut.unit = unit;
    return cut;
}

// The weights of VECTOR_WIDTH blocks from number `at` on: their sizes in units. 0 after the last block.
CLNORM_INLINE realv block_weights(const uint at, const cut_t cut)
{
    realv weights = (realv)(1);
    if (at >= cut.blocks) {
        weights = (realv)(0);
    } else if ((at < cut.period ? at : at % cut.period) + VECTOR_WIDTH > cut.full) {
        real part[VECTOR_WIDTH];
        // A division takes longer than everything else here.
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

// The mean of a set as the high/low pair nearest to mean_hi + correction.
CLNORM_INLINE void corrected_mean(set_moments_t *set, const real mean_hi, const real correction)
{
    set->mean_hi = mean_hi + correction;
    const real taken = set->mean_hi - mean_hi;
    set->mean_lo = (mean_hi - (set->mean_hi - taken)) + (correction - taken);
}

#if !SINGLE_BLOCK && CENTERED
// Adds the means of VECTOR_WIDTH blocks of weights w, relative to the first block's mean, to a compensated sum.
CLNORM_INLINE void add_means(realv *sum, realv *error, const realv w, const realv mean_hi, const realv mean_lo,
                             const real first_hi, const real first_lo)
{
    realv shift, shift_error, total, rounding;
    TWO_SUM(realv, shift, shift_error, mean_hi, -(realv)(first_hi));
    const realv weighted = w * shift;
    TWO_SUM(realv, total, rounding, *sum, weighted);
    *sum = total;
    *error += rounding + w * (shift_error + (mean_lo - (realv)(first_lo)));
}

// Sets the mean of a set from the means of its blocks, with the first block's mean as pivot. `weight` is the sum of all
// weights. A group call.
CLNORM_INLINE void merge_means(BLOCKS_SPACE const real *moments, const ulong stride, const cut_t cut, const real weight,
                               set_moments_t *set, const team_t *team)
{
    BLOCKS_SPACE const real *means_hi = moments;
    BLOCKS_SPACE const real *means_lo = moments + stride;
    const real first_hi = means_hi[0], first_lo = means_lo[0];
    realv sum[HELD], error[HELD];
    clear_lanes(sum, error);
    uint base = 0;
#if MERGED_AT_ONCE > 1
    for (; base + MERGED_AT_ONCE * LANES <= cut.blocks; base += MERGED_AT_ONCE * LANES) {
        realv mean_hi[MERGED_AT_ONCE], mean_lo[MERGED_AT_ONCE];
        const uint at = base + lane_of(team, 0);
#pragma unroll
        for (uint u = 0; u < MERGED_AT_ONCE; u++) {
            mean_hi[u] = load_vector(means_hi + at + u * LANES);
            mean_lo[u] = load_vector(means_lo + at + u * LANES);
        }
#pragma unroll
        for (uint u = 0; u < MERGED_AT_ONCE; u++) {
            add_means(sum, error, block_weights(at + u * LANES, cut), mean_hi[u], mean_lo[u], first_hi, first_lo);
        }
    }
#endif
    for (; base < cut.blocks; base += LANES) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint at = base + lane_of(team, k);
            if (at >= cut.blocks) {
                break;
            }
            add_means(sum + k, error + k, block_weights(at, cut), load_blocks(means_hi, at, cut.blocks, first_hi),
                      load_blocks(means_lo, at, cut.blocks, first_lo), first_hi, first_lo);
        }
    }
    corrected_mean(set, first_hi, first_lo + fold_compensated(sum, error, team) / weight);
}
#endif

// What is added up of a set in its second read: M2, and the deviations of its blocks from the mean.
typedef struct {
    realv sum[HELD], error[HELD];
#if CENTERED
    realv residuals[HELD], residual_errors[HELD];
#endif
} m2_sums_t;

// Adds vector k of VECTOR_WIDTH blocks from number `at` on. `mean_hi` and `mean_lo` are not used without a mean.
CLNORM_INLINE void add_m2(m2_sums_t *sums, const uint k, const uint at, const realv block_m2, const realv block_unit,
                          const realv mean_hi, const realv mean_lo, const cut_t cut, const set_moments_t set,
                          const real scale)
{
    const realv unit = (realv)(scale)*block_unit;
    realv m2 = (block_m2 * unit) * unit;
#if CENTERED
    const realv w = block_weights(at, cut);
    const realv shift = (mean_hi - (realv)(set.mean_hi)) + (mean_lo - (realv)(set.mean_lo));
    add_compensated(sums->residuals + k, sums->residual_errors + k, w * shift);
    const realv scaled = shift * (realv)(scale);
    m2 = multiply_add(w * (realv)(cut.unit) * scaled, scaled, m2);
#endif
    add_compensated(sums->sum + k, sums->error + k, m2);
}

// M2 of a set about the mean in `set`, with all deviations times `scale`. Sets `residual` to the mean of the blocks'
// deviations from that mean: what rounding left of it. A group call.
CLNORM_INLINE real merge_m2(BLOCKS_SPACE const real *moments, const ulong stride, const cut_t cut, const real weight,
                            const set_moments_t set, const real scale, real *residual, const team_t *team)
{
    BLOCKS_SPACE const real *m2s = moments + 2 * stride;
    BLOCKS_SPACE const real *units = moments + 3 * stride;
    *residual = 0;
#if SINGLE_BLOCK
#if TEAMS > 1
    // Between the votes of two merges.
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
#endif
    const real unit = scale * units[0];
    return (m2s[0] * unit) * unit;
#else
    BLOCKS_SPACE const real *means_hi = moments;
    BLOCKS_SPACE const real *means_lo = moments + stride;
    m2_sums_t sums;
    clear_lanes(sums.sum, sums.error);
#if CENTERED
    clear_lanes(sums.residuals, sums.residual_errors);
#endif
    uint base = 0;
#if MERGED_AT_ONCE > 1
    for (; base + MERGED_AT_ONCE * LANES <= cut.blocks; base += MERGED_AT_ONCE * LANES) {
        realv m2[MERGED_AT_ONCE], unit[MERGED_AT_ONCE], mean_hi[MERGED_AT_ONCE], mean_lo[MERGED_AT_ONCE];
        const uint at = base + lane_of(team, 0);
#pragma unroll
        for (uint u = 0; u < MERGED_AT_ONCE; u++) {
            m2[u] = load_vector(m2s + at + u * LANES);
            unit[u] = load_vector(units + at + u * LANES);
            mean_hi[u] = CENTERED ? load_vector(means_hi + at + u * LANES) : (realv)(0);
            mean_lo[u] = CENTERED ? load_vector(means_lo + at + u * LANES) : (realv)(0);
        }
#pragma unroll
        for (uint u = 0; u < MERGED_AT_ONCE; u++) {
            add_m2(&sums, 0, at + u * LANES, m2[u], unit[u], mean_hi[u], mean_lo[u], cut, set, scale);
        }
    }
#endif
    for (; base < cut.blocks; base += LANES) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint at = base + lane_of(team, k);
            if (at >= cut.blocks) {
                break;
            }
            add_m2(&sums, k, at, load_blocks(m2s, at, cut.blocks, 0), load_blocks(units, at, cut.blocks, 1),
                   CENTERED ? load_blocks(means_hi, at, cut.blocks, set.mean_hi) : (realv)(0),
                   CENTERED ? load_blocks(means_lo, at, cut.blocks, set.mean_lo) : (realv)(0), cut, set, scale);
        }
    }
    const real total = fold_compensated(sums.sum, sums.error, team);
#if CENTERED
    *residual = fold_compensated(sums.residuals, sums.residual_errors, team) / weight;
#endif
    return total;
#endif
}

// The scale for a set with the given M2, which was taken without scaling. 1 if it is in range.
CLNORM_INLINE real set_scale_for(const real m2, const real eps)
{
    return !(m2 < HUGE_SET_M2) ? SCALE_OF_HUGE : (m2 < TINY_M2 && eps < TINY_EPS ? SCALE_OF_TINY : (real)1);
}

// Sets variance and rstd of a set of n elements from its M2 about deviations times `scale`.
CLNORM_INLINE void set_variance(set_moments_t *set, const real m2, const ulong n, const real eps, const real scale)
{
    const real scaled_variance = m2 / (real)n;
    const real scaled_eps = (eps * scale) * scale;
    set->rstd = scale * ((real)1 / sqrt(scaled_variance + scaled_eps));
    const real unit = unit_of(scale);
    set->variance = (scaled_variance * unit) * unit;
}

// The moments of a set of n > 0 elements from those of its blocks. Each work-item of the team gets the result. All
// teams of a work-group have the same n. A group call.
CLNORM_INLINE set_moments_t merge_blocks(BLOCKS_SPACE const real *moments, const ulong stride, const cut_t cut,
                                         const ulong n, const real eps, const team_t *team)
{
    const real weight = (real)n / cut.unit;
    set_moments_t set;
    set.mean_hi = CENTERED ? moments[0] : 0;
    set.mean_lo = CENTERED ? moments[stride] : 0;
#if !SINGLE_BLOCK && CENTERED
    merge_means(moments, stride, cut, weight, &set, team);
#endif

    // M2, a second time with a scale if it leaves the range of real. A team whose first result is right keeps it while
    // other teams repeat.
    real scale = 1, m2 = 0, residual = 0;
    int again = 1;
    for (uint attempt = 0; attempt < 2 && again; attempt++) {
        real found_residual;
        const real found = merge_m2(moments, stride, cut, weight, set, scale, &found_residual, team);
        if (attempt == 0 || scale != 1) {
            m2 = found;
            residual = found_residual;
        }
        if (attempt == 0) {
            scale = set_scale_for(found, eps);
        }
        again = any_team(scale != 1, team);
    }
#if CENTERED
    corrected_mean(&set, set.mean_hi, set.mean_lo + residual);
#endif
    set_variance(&set, m2, n, eps, scale);
    return set;
}

// Stores the moments of set number `set`. mean_lo and variance may be null.
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

#endif
