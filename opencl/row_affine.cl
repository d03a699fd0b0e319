// Normalizing along rows: scale, shift and activation of the elements of a row (formula: normalized.cl).
//
//     y = activation(((x - mean_hi) - mean_lo) * (rstd * gamma) + beta)
//
// If successive elements share gamma and beta (the S elements of a channel), a work-item takes elements of one run at a
// time: gamma, beta and the moments are scalars, and no element costs a division. If each element has its own (a row of
// LayerNorm), gamma and beta are loaded like x. column_affine.cl does the same for short runs in many rows.

#ifndef CLNORM_ROW_AFFINE_CL
#define CLNORM_ROW_AFFINE_CL

#include "activations.cl"
#include "lanes.cl"
#include "normalized.cl"
#include "sets.cl"

// Stores the result of x, the vector from element `at` on. a = rstd * gamma, b = beta. See store_output for the
// alignment.
CLNORM_INLINE void store_affine(const realv x, const target_t target, const ulong at, const set_moments_t m,
                                const realv a, const realv b)
{
    store_results(activate(NORMALIZED(x, (realv)(m.mean_hi), (realv)(m.mean_lo), a, b)), x, target, at);
}

// Normalizes the vector from element `at` on.
CLNORM_INLINE void affine_vector(const source_t source, const target_t target, const ulong at, const set_moments_t m,
                                 const realv a, const realv b)
{
    const realv x = source_elements(source, at);
    prefetch_target(target, at + AHEAD);
    store_affine(x, target, at, m, a, b);
}

// Normalizes element `at`.
CLNORM_INLINE void affine_element(const source_t source, const target_t target, const ulong at, const set_moments_t m,
                                  const real a, const real b)
{
    const real x = source_element(source, at);
    store_result(activate_one(NORMALIZED(x, m.mean_hi, m.mean_lo, a, b)), x, target, at);
}

// a = rstd * gamma and b = beta for parameter number `at`. gamma may be null (1), and beta (0).
CLNORM_INLINE real scale_of(__global const parameter_t *gamma, const set_moments_t m, const ulong at)
{
    return gamma ? m.rstd * parameter(gamma + at) : m.rstd;
}

CLNORM_INLINE real shift_of(__global const parameter_t *beta, const ulong at)
{
    return beta ? parameter(beta + at) : (real)0;
}

#if WORK_GROUP_SIZE > 1
// Four vectors of a row in which each element has its own gamma and beta: x, gamma and beta of all are loaded first.
CLNORM_INLINE void affine_four_each(const source_t source, const target_t target, __global const parameter_t *gamma,
                                    __global const parameter_t *beta, const ulong at, const ulong step,
                                    const set_moments_t m)
{
    const four_t x = four_of_source(source, at, step);
    const four_t a = four_of_parameters(gamma, (realv)(1), at, step);
    const four_t b = four_of_parameters(beta, (realv)(0), at, step);
    store_affine(x.v0, target, at, m, m.rstd * a.v0, b.v0);
    store_affine(x.v1, target, at + step, m, m.rstd * a.v1, b.v1);
    store_affine(x.v2, target, at + 2 * step, m, m.rstd * a.v2, b.v2);
    store_affine(x.v3, target, at + 3 * step, m, m.rstd * a.v3, b.v3);
}
#endif

// Elements from .. to of a row in which each element has its own gamma and beta, by `items` work-items. This one is
// number `item`.
CLNORM_INLINE void affine_each(const source_t source, const target_t target, __global const parameter_t *gamma,
                               __global const parameter_t *beta, const ulong from, const ulong to,
                               const set_moments_t m, const uint item, const uint items)
{
    const ulong head = aligned_head(target.y + from, to - from);
    const ulong vectors = (to - from - head) / VECTOR_WIDTH;
    ulong i = item;
#if WORK_GROUP_SIZE > 1
    for (; i + 3 * (ulong)items < vectors; i += 4 * (ulong)items) {
        affine_four_each(source, target, gamma, beta, from + head + i * VECTOR_WIDTH, (ulong)items * VECTOR_WIDTH, m);
    }
#endif
    for (; i < vectors; i += items) {
        const ulong at = from + head + i * VECTOR_WIDTH;
        const realv a = gamma ? m.rstd * parameters(gamma + at) : (realv)(m.rstd);
        const realv b = beta ? parameters(beta + at) : (realv)(0);
        affine_vector(source, target, at, m, a, b);
    }
#if !ALIGNED
    // The elements before the first vector and after the last one: fewer than two vectors.
    const ulong rest = to - from - vectors * VECTOR_WIDTH;
    for (i = item; i < rest; i += items) {
        const ulong at = from + i + (i < head ? 0 : vectors * VECTOR_WIDTH);
        affine_element(source, target, at, m, scale_of(gamma, m, at), shift_of(beta, at));
    }
#endif
}

#if WORK_GROUP_SIZE == 1

// The run that a single work-item is in.
typedef struct {
    ulong number, end; // its number in the row, and the first element after it
    real a, b;         // rstd * gamma, beta
} run_t;

CLNORM_INLINE run_t run_number(const ulong number, const ulong length, __global const parameter_t *gamma,
                               __global const parameter_t *beta, const set_moments_t m)
{
    run_t run;
    run.number = number;
    run.end = (number + 1) * length;
    run.a = scale_of(gamma, m, number);
    run.b = shift_of(beta, number);
    return run;
}

// Elements from .. to of a row with runs of `length` > 1, by a single work-item. It takes one vector after another,
// also across the ends of runs: short and odd runs cost no more than others, and stores keep their alignment.
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
            affine_element(source, target, at, m, run.a, run.b);
            at++;
            continue;
        }
        const ulong end = min(run.end, last);
        // Four vectors per iteration: some drivers limit the iterations of a work-item.
        for (; at + 4 * VECTOR_WIDTH <= end; at += 4 * VECTOR_WIDTH) {
#pragma unroll
            for (uint u = 0; u < 4; u++) {
                affine_vector(source, target, at + u * VECTOR_WIDTH, m, (realv)(run.a), (realv)(run.b));
            }
        }
        for (; at + VECTOR_WIDTH <= end; at += VECTOR_WIDTH) {
            affine_vector(source, target, at, m, (realv)(run.a), (realv)(run.b));
        }
#if VECTOR_WIDTH > 1
        // A vector across the end of its run, or of several runs.
        if (at < end && end < last) {
            realv a = (realv)(run.a), b = (realv)(run.b);
            while (run.end < at + VECTOR_WIDTH) {
                const uint before = (uint)(run.end - at);
                run = run_number(run.number + 1, length, gamma, beta, m);
                a = first_lanes(before, a, (realv)(run.a));
                b = first_lanes(before, b, (realv)(run.b));
            }
            affine_vector(source, target, at, m, a, b);
            at += VECTOR_WIDTH;
        }
#endif
    }
}

#else

// n elements that share gamma and beta, by `items` work-items. This one is number `item`. a = rstd * gamma, b =
// beta.
CLNORM_INLINE void affine_run(const source_t from, const target_t to, const ulong n, const set_moments_t m,
                              const real a, const real b, const uint item, const uint items)
{
    const ulong head = aligned_head(to.y, n);
    const ulong vectors = (n - head) / VECTOR_WIDTH;
    const source_t source = source_at(from, head);
    const target_t target = target_at(to, head);
    const ulong step = (ulong)items * VECTOR_WIDTH;
    ulong i = item;
    // Four vectors per iteration: some drivers limit the iterations of a work-item.
    for (; i + 3 * (ulong)items < vectors; i += 4 * (ulong)items) {
        const ulong at = i * VECTOR_WIDTH;
        const four_t x = four_of_source(source, at, step);
        store_affine(x.v0, target, at, m, (realv)(a), (realv)(b));
        store_affine(x.v1, target, at + step, m, (realv)(a), (realv)(b));
        store_affine(x.v2, target, at + 2 * step, m, (realv)(a), (realv)(b));
        store_affine(x.v3, target, at + 3 * step, m, (realv)(a), (realv)(b));
    }
    for (; i < vectors; i += items) {
        affine_vector(source, target, i * VECTOR_WIDTH, m, (realv)(a), (realv)(b));
    }
#if !ALIGNED
    for (ulong rest = item; rest < n - vectors * VECTOR_WIDTH; rest += items) {
        affine_element(from, to, rest + (rest < head ? 0 : vectors * VECTOR_WIDTH), m, a, b);
    }
#endif
}

#endif

// Elements from .. to of a row with runs of `run` elements, by `items` work-items. This one is number `item`.
// items_per_run of them, a divisor of `items`, share a run, and the others take the next runs. gamma and beta point to
// the parameters of the set, or are null.
CLNORM_INLINE void affine_row(const source_t source, const target_t target, __global const parameter_t *gamma,
                              __global const parameter_t *beta, const index_t from, const index_t to, const index_t run,
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
    for (index_t c = from / run + item / items_per_run; c * run < to; c += at_a_time) {
        const index_t begin = max(from, c * run);
        const index_t end = min(to, (c + 1) * run);
        affine_run(source_at(source, begin), target_at(target, begin), end - begin, m, scale_of(gamma, m, c),
                   shift_of(beta, c), in_run, items_per_run);
    }
#endif
}

// The blocks first .. end of a set, from the last row to the first and stretch by stretch from the end of each row (see
// STRETCH_BLOCKS). `source` and `target` point to the set; the other arguments are those of affine_row.
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
        const index_t row_block = (index_t)row * blocks_per_row;
        const index_t from = first > row_block ? (first - row_block) * BLOCK : 0;
        const source_t source_row = source_at(source, row * source_row_stride(sets));
        const target_t target_row = target_at(target, row * row_stride(sets));
        index_t to = min((end - row_block) * BLOCK, sets.width);
        while (to > from) {
            const index_t begin = max(from, (to - 1) / (STRETCH_BLOCKS * BLOCK) * (STRETCH_BLOCKS * BLOCK));
            affine_row(source_row, target_row, gamma, beta, begin, to, sets.run, m, item, items, items_per_run);
            to = begin;
        }
    }
}

#endif
