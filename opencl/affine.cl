// Pass 2: normalize, scale and shift, and the activation.
//
//     y = activation(((x - mean_hi) - mean_lo) * (rstd * gamma) + beta)
//
// in the order of normalized.cl.
//
// This file walks along rows, where successive elements share gamma and beta (the S elements of a channel) or every
// element has its own (a row of LayerNorm). A work-item stays inside a run, so that gamma, beta and the moments are
// scalars and no element pays a division. columns.cl does the same for short runs in many rows.

#ifndef CLNORM_AFFINE_CL
#define CLNORM_AFFINE_CL

#include "activations.cl"
#include "moments.cl"
#include "normalized.cl"

CLNORM_INLINE realv affine_vector(const realv x, const set_moments_t m, const realv a, const realv b)
{
    return activate(NORMALIZED(x, (realv)(m.mean_hi), (realv)(m.mean_lo), a, b));
}

CLNORM_INLINE real affine_one(const real x, const set_moments_t m, const real a, const real b)
{
    return activate_one(NORMALIZED(x, m.mean_hi, m.mean_lo, a, b));
}

// The vector at `at`, for which y + at must be a multiple of the vector's size with STREAMING_STORES.
CLNORM_INLINE void affine_at(const source_t source, const target_t target, const ulong at, const set_moments_t m,
                             const realv a, const realv b)
{
    const realv x = source_elements(source, at);
    prefetch_target(target, at + AHEAD);
    store_results(affine_vector(x, m, a, b), x, target, at);
}

// The element at `at`.
CLNORM_INLINE void affine_one_at(const source_t source, const target_t target, const ulong at, const set_moments_t m,
                                 const real a, const real b)
{
    const real x = source_element(source, at);
    store_result(affine_one(x, m, a, b), x, target, at);
}

#define SCALE_OF(gamma, m, at) ((gamma) ? (m).rstd * parameter((gamma) + (at)) : (m).rstd)
#define SHIFT_OF(beta, at) ((beta) ? parameter((beta) + (at)) : (real)0)

// Elements from .. to of a row whose every element has its own gamma and beta. Either may be null: 1 and 0.
CLNORM_INLINE void affine_each(const source_t source, const target_t target, __global const parameter_t *gamma,
                               __global const parameter_t *beta, const ulong from, const ulong to,
                               const set_moments_t m, const uint item, const uint items)
{
    const ulong head = aligned_head(target.y + from, to - from);
    const ulong vectors = (to - from - head) / VECTOR_WIDTH;
    for (ulong i = item; i < vectors; i += items) {
        const ulong at = from + head + i * VECTOR_WIDTH;
        const realv a = gamma ? m.rstd * parameters(gamma + at) : (realv)(m.rstd);
        const realv b = beta ? parameters(beta + at) : (realv)(0);
        affine_at(source, target, at, m, a, b);
    }
    // What is left at both ends: fewer than two vectors.
    const ulong rest = to - from - vectors * VECTOR_WIDTH;
    for (ulong i = item; i < rest; i += items) {
        const ulong at = from + i + (i < head ? 0 : vectors * VECTOR_WIDTH);
        affine_one_at(source, target, at, m, SCALE_OF(gamma, m, at), SHIFT_OF(beta, at));
    }
}

#if WORK_GROUP_SIZE == 1

// The run that a work-item is in on its way along a row.
typedef struct {
    ulong number, end; // its index in the row, and where the next one begins
    real a, b;         // rstd * gamma, beta
} run_t;

CLNORM_INLINE run_t run_number(const ulong number, const ulong length, __global const parameter_t *gamma,
                               __global const parameter_t *beta, const set_moments_t m)
{
    run_t run;
    run.number = number;
    run.end = (number + 1) * length;
    run.a = SCALE_OF(gamma, m, number);
    run.b = SHIFT_OF(beta, number);
    return run;
}

// Elements from .. to of a row with runs of `length` > 1, by a work-item alone. It takes one vector after another, also
// across the ends of runs, so that short and odd runs cost no more than others and stores keep their alignment.
CLNORM_INLINE void affine_runs(const source_t source, const target_t target, __global const parameter_t *gamma,
                               __global const parameter_t *beta, const ulong from, const ulong to, const ulong length,
                               const set_moments_t m)
{
    run_t run = run_number(from / length, length, gamma, beta, m);
    const ulong first = from + aligned_head(target.y + from, to - from);
    const ulong last = to - (to - first) % VECTOR_WIDTH;
    ulong at = from;
    while (at < to) {
        if (at == run.end) {
            run = run_number(run.number + 1, length, gamma, beta, m);
        }
        if (at < first || at >= last) {
            affine_one_at(source, target, at, m, run.a, run.b);
            at++;
            continue;
        }
        const ulong end = min(run.end, last);
        // Four vectors a trip: a work-item's trips are bounded, and some drivers count them.
        for (; at + 4 * VECTOR_WIDTH <= end; at += 4 * VECTOR_WIDTH) {
#pragma unroll
            for (uint u = 0; u < 4; u++) {
                affine_at(source, target, at + u * VECTOR_WIDTH, m, (realv)(run.a), (realv)(run.b));
            }
        }
        for (; at + VECTOR_WIDTH <= end; at += VECTOR_WIDTH) {
            affine_at(source, target, at, m, (realv)(run.a), (realv)(run.b));
        }
#if VECTOR_WIDTH > 1
        if (at < end && end < last) {
            // A vector across the end of its run, or of several.
            realv a = (realv)(run.a), b = (realv)(run.b);
            while (run.end < at + VECTOR_WIDTH) {
                const uint before = (uint)(run.end - at);
                run = run_number(run.number + 1, length, gamma, beta, m);
                a = first_lanes(before, a, (realv)(run.a));
                b = first_lanes(before, b, (realv)(run.b));
            }
            affine_at(source, target, at, m, a, b);
            at += VECTOR_WIDTH;
        }
#endif
    }
}

#else

// n elements that share gamma and beta, by `items` work-items of which this is number `item`. a = rstd * gamma.
CLNORM_INLINE void affine_run(const source_t from, const target_t to, const ulong n, const set_moments_t m,
                              const real a, const real b, const uint item, const uint items)
{
    const ulong head = aligned_head(to.y, n);
    const ulong vectors = (n - head) / VECTOR_WIDTH;
    const source_t source = source_at(from, head);
    const target_t target = target_at(to, head);
    ulong i = item;
    // Four vectors a trip: a work-item's trips are bounded, and some drivers count them.
    for (; i + 3 * (ulong)items < vectors; i += 4 * (ulong)items) {
#pragma unroll
        for (uint u = 0; u < 4; u++) {
            affine_at(source, target, (i + u * (ulong)items) * VECTOR_WIDTH, m, (realv)(a), (realv)(b));
        }
    }
    for (; i < vectors; i += items) {
        affine_at(source, target, i * VECTOR_WIDTH, m, (realv)(a), (realv)(b));
    }
    for (ulong rest = item; rest < n - vectors * VECTOR_WIDTH; rest += items) {
        affine_one_at(from, to, rest + (rest < head ? 0 : vectors * VECTOR_WIDTH), m, a, b);
    }
}

#endif

// Elements from .. to of a row, by `items` work-items of which this is number `item`; items_per_run of them (a divisor
// of items) share a run, the others take the next runs. gamma and beta point at the set's parameters.
CLNORM_INLINE void affine_row(const source_t source, const target_t target, __global const parameter_t *gamma,
                              __global const parameter_t *beta, const ulong from, const ulong to, const ulong run,
                              const set_moments_t m, const uint item, const uint items, const uint items_per_run)
{
    if (run == 1) {
        affine_each(source, target, gamma, beta, from, to, m, item, items);
        return;
    }
#if WORK_GROUP_SIZE == 1
    affine_runs(source, target, gamma, beta, from, to, run, m);
#else
    const uint in_run = item % items_per_run;
    const uint at_a_time = items / items_per_run;
    for (ulong c = from / run + item / items_per_run; c * run < to; c += at_a_time) {
        const ulong begin = max(from, c * run);
        const ulong end = min(to, (c + 1) * run);
        affine_run(source_at(source, begin), target_at(target, begin), end - begin, m, SCALE_OF(gamma, m, c),
                   SHIFT_OF(beta, c), in_run, items_per_run);
    }
#endif
}

// What is normalized before what lies in front of it, so that a set too large for a cache is read from its end, which is
// still there, to its beginning.
#define PIECE (64 * BLOCK)

// The blocks first .. end of a set, by `items` work-items as above. source and target point at the set.
CLNORM_INLINE void affine_blocks(const source_t source, const target_t target, const sets_t sets,
                                 const uint blocks_per_row, const uint first, const uint end,
                                 __global const parameter_t *gamma, __global const parameter_t *beta,
                                 const set_moments_t m, const uint item, const uint items, const uint items_per_run)
{
    if (first >= end) {
        return;
    }
    const uint first_row = first / blocks_per_row;
    for (uint row = (end - 1) / blocks_per_row + 1; row-- > first_row;) {
        const ulong row_block = (ulong)row * blocks_per_row;
        const ulong from = first > row_block ? (first - row_block) * BLOCK : 0;
        const source_t source_row = source_at(source, row * SOURCE_ROW_STRIDE(sets));
        const target_t target_row = target_at(target, row * row_stride(sets));
        ulong to = min((end - row_block) * BLOCK, sets.width);
        while (to > from) {
            const ulong begin = max(from, (to - 1) / PIECE * PIECE);
            affine_row(source_row, target_row, gamma, beta, begin, to, sets.run, m, item, items, items_per_run);
            to = begin;
        }
    }
}

#ifdef MOMENTS_ARE_GLOBAL

// Normalizes a tensor whose block moments, or set moments, are known.
// Parallel over: sets x parts of blocks_per_part blocks, the parts of moments_of_blocks.
// [in]  x, residual  [samples, rows, groups, width]
// [in]  gamma, beta  [groups, width / run], or null
// [in]  moments      as moments_of_blocks leaves them; BLOCKS only
// [in]  mean, mean_lo, rstd  MERGED: as moments_of_sets leaves them
// [in]  mean, variance       GIVEN: one real a set
// [out] mean, mean_lo, rstd, variance  BLOCKS: one real a set; mean_lo and variance may be null
// [out] y, sum       as x
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
affine(__global const storage_t *x, __global const storage_t *residual, __global storage_t *y, __global storage_t *sum,
       __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *moments,
       __global real *mean, __global real *mean_lo, __global real *rstd, __global real *variance,
       const ulong stride, SETS_ARGUMENTS, CUT_ARGUMENTS, const uint blocks_of_set, const uint blocks_per_row,
       const uint blocks_per_part, const uint parts, const uint items_per_run, const real eps, const ulong first_group)
{
    DECLARE_SETS(sets);
    DECLARE_TENSOR(tensor);
    DECLARE_TARGET(target);
    const ulong group = first_group + get_group_id(0);
    const ulong set = group / parts;
    const uint part = (uint)(group % parts);
#if STATISTICS == BLOCKS
    DECLARE_TEAM(team);
    DECLARE_CUT(cut);
    const set_moments_t m =
        merge_blocks(moments + set * blocks, stride, cut, sets.rows * sets.width, eps, &team);
    if (part == 0 && get_local_id(0) == 0) {
        store_moments(m, set, mean, mean_lo, rstd, variance);
    }
#else
    const set_moments_t m = known_moments(mean, mean_lo, rstd, variance, eps, set);
#endif
    const uint first = part * blocks_per_part;
    const ulong offset = set_offset(sets, set);
    const ulong first_param = first_parameter(sets, set);
    affine_blocks(tensor_at(tensor, offset), target_at(target, offset), sets, blocks_per_row, first,
                  min(first + blocks_per_part, blocks_of_set), gamma ? gamma + first_param : gamma,
                  beta ? beta + first_param : beta, m, (uint)get_local_id(0), WORK_GROUP_SIZE, items_per_run);
}

#endif
#endif
