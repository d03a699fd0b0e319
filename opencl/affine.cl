// Pass 2: normalize, scale and shift.
//
//     y = ((x - mean_hi) - mean_lo) * (rstd * gamma) + beta
//
// in this order: x - mean_hi is exact where it matters, so nothing cancels at any mean. Folding the mean into the shift
// (y = a * x + b) would lose three decimal digits at mean 1e4.
//
// Parameters belong to runs: `run` successive elements of a set share one gamma and one beta (the S elements of a
// channel; a single element where every element has its own). A work-item stays inside a run, so that gamma, beta and
// the moments are scalars and no element pays a division.

#ifndef CLNORM_AFFINE_CL
#define CLNORM_AFFINE_CL

#include "moments.cl"

#define NORMALIZED(x, m, a, b) multiply_add((((x) - (m).mean_hi) - (m).mean_lo), a, b)

// How many of the n elements at y come before the first whole vector that store_output can take.
CLNORM_INLINE ulong aligned_head(__global const storage_t *y, const ulong n)
{
#ifdef STREAMING_STORES
    const ulong misplaced = ((ulong)(size_t)y / sizeof(storage_t)) % VECTOR_WIDTH;
    return misplaced == 0 ? 0 : min(n, (ulong)VECTOR_WIDTH - misplaced);
#else
    return 0;
#endif
}

// n elements that share gamma and beta, by `items` work-items of which this is number `item`. a = rstd * gamma.
CLNORM_INLINE void affine_run(SET_SPACE const storage_t *x, __global storage_t *y, const ulong n,
                              const set_moments_t m, const real a, const real b, const uint item,
                              const uint items)
{
    const ulong head = aligned_head(y, n);
    const ulong vectors = (n - head) / VECTOR_WIDTH;
    for (ulong i = item; i < head; i += items) {
        y[i] = NORMALIZED(x[i], m, a, b);
    }
    x += head;
    y += head;
    ulong i = item;
    // Four vectors a trip: a work-item's trips are bounded, and some drivers count them.
    for (; i + 3 * (ulong)items < vectors; i += 4 * (ulong)items) {
#pragma unroll
        for (uint u = 0; u < 4; u++) {
            const ulong at = (i + u * (ulong)items) * VECTOR_WIDTH;
            store_output(NORMALIZED(load_reals(x + at), m, (realv)(a), (realv)(b)), y + at);
        }
    }
    for (; i < vectors; i += items) {
        const ulong at = i * VECTOR_WIDTH;
        store_output(NORMALIZED(load_reals(x + at), m, (realv)(a), (realv)(b)), y + at);
    }
    for (ulong at = vectors * VECTOR_WIDTH + item; at < n - head; at += items) {
        y[at] = NORMALIZED(x[at], m, a, b);
    }
}

// Elements from .. to of a set whose every element has its own gamma and beta. Either may be null: 1 and 0.
CLNORM_INLINE void affine_each(SET_SPACE const storage_t *x, __global storage_t *y, __global const real *gamma,
                               __global const real *beta, const ulong from, const ulong to, const set_moments_t m,
                               const uint item, const uint items)
{
    const ulong head = aligned_head(y + from, to - from);
    const ulong vectors = (to - from - head) / VECTOR_WIDTH;
    for (ulong i = item; i < vectors; i += items) {
        const ulong at = from + head + i * VECTOR_WIDTH;
        const realv a = gamma ? m.rstd * load_reals(gamma + at) : (realv)(m.rstd);
        const realv b = beta ? load_reals(beta + at) : (realv)(0);
        store_output(NORMALIZED(load_reals(x + at), m, a, b), y + at);
    }
    // What is left at both ends: fewer than two vectors.
    const ulong rest = to - from - vectors * VECTOR_WIDTH;
    for (ulong i = item; i < rest; i += items) {
        const ulong at = from + i + (i < head ? 0 : vectors * VECTOR_WIDTH);
        const real a = gamma ? m.rstd * gamma[at] : m.rstd;
        const real b = beta ? beta[at] : (real)0;
        y[at] = NORMALIZED(x[at], m, a, b);
    }
}

// Elements from .. to of a set, by `items` work-items of which this is number `item`; items_per_run of them (a divisor
// of items) share a run, the others take the next runs. x and y point at the set, gamma and beta at its parameters.
CLNORM_INLINE void affine_part(SET_SPACE const storage_t *x, __global storage_t *y, __global const real *gamma,
                               __global const real *beta, const ulong from, const ulong to, const ulong run,
                               const set_moments_t m, const uint item, const uint items, const uint items_per_run)
{
    if (run == 1) {
        affine_each(x, y, gamma, beta, from, to, m, item, items);
        return;
    }
    const uint in_run = item % items_per_run;
    const uint rows = items / items_per_run;
    for (ulong c = from / run + item / items_per_run; c * run < to; c += rows) {
        const ulong begin = max(from, c * run);
        const ulong end = min(to, (c + 1) * run);
        const real a = gamma ? m.rstd * gamma[c] : m.rstd;
        const real b = beta ? beta[c] : (real)0;
        affine_run(x + begin, y + begin, end - begin, m, a, b, in_run, items_per_run);
    }
}

#ifdef MOMENTS_ARE_GLOBAL

// 1 where moments_of_sets ran before; 0 merges a set's blocks in every work-group. Not a run-time choice: see
// SINGLE_BLOCK.
#ifndef MERGED
#define MERGED 0
#endif

// Normalizes a tensor whose block moments, or set moments, are known.
// Parallel over: sets x parts of blocks_per_part blocks, the parts of moments_of_blocks.
// [in]  x        sets of set_size elements, one after another
// [in]  gamma, beta  one real a run, params_per_set of them a set, for `groups` successive sets; or null
// [in]  moments  as moments_of_blocks leaves them; not read with MERGED
// [in]  mean, mean_lo, rstd  with MERGED: as moments_of_sets leaves them
// [out] mean, rstd  without: one real a set
// [out] y        as x
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
affine(__global const storage_t *x, __global storage_t *y, __global const real *gamma, __global const real *beta,
       __global const real *moments, __global real *mean, __global const real *mean_lo, __global real *rstd,
       const ulong stride, const ulong set_size, const uint blocks, const uint blocks_per_part, const uint parts,
       const ulong run, const ulong params_per_set, const ulong groups, const uint items_per_run, const real eps,
       const ulong first_group)
{
    const ulong group = first_group + get_group_id(0);
    const ulong set = group / parts;
    const uint part = (uint)(group % parts);
#if MERGED
    set_moments_t m;
    m.mean_hi = mean[set];
    m.mean_lo = mean_lo[set];
    m.rstd = rstd[set];
#else
    DECLARE_TEAM(team);
    const set_moments_t m = merge_blocks(moments + set * blocks, stride, set_size, eps, &team);
    if (part == 0 && get_local_id(0) == 0) {
        mean[set] = m.mean_hi;
        rstd[set] = m.rstd;
    }
#endif
    const ulong from = (ulong)part * blocks_per_part * BLOCK;
    const ulong to = min(from + (ulong)blocks_per_part * BLOCK, set_size);
    const ulong first_param = set % groups * params_per_set;
    affine_part(x + set * set_size, y + set * set_size, gamma ? gamma + first_param : gamma,
                beta ? beta + first_param : beta, from, to, run, m, (uint)get_local_id(0), WORK_GROUP_SIZE,
                items_per_run);
}

#endif
#endif
