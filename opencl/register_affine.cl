// Normalizing a block that a team holds in registers: scale, shift and activation (formula: normalized.cl).
//
//     y = activation(((x - mean_hi) - mean_lo) * (rstd * gamma) + beta)
//
// row_affine.cl does the same for elements in memory.

#ifndef CLNORM_REGISTER_AFFINE_CL
#define CLNORM_REGISTER_AFFINE_CL

#include "register_blocks.cl"
#include "row_affine.cl"

// An element of a row: its run, which is the number of its parameters, and its number in the run.
typedef struct {
    uint run, in_run;
} place_t;

CLNORM_INLINE place_t place_of(const uint element, const uint length)
{
    place_t place;
    place.run = element / length;
    place.in_run = element % length;
    return place;
}

// The element `by` elements later, where `by` is a place itself. Without a division.
CLNORM_INLINE place_t later_place(const place_t from, const place_t by, const uint length)
{
    place_t place;
    const uint in_run = from.in_run + by.in_run;
    const int next = in_run >= length;
    place.run = from.run + by.run + next;
    place.in_run = next ? in_run - length : in_run;
    return place;
}

// a = rstd * gamma and b = beta of VECTOR_WIDTH elements, in runs of `length`.
CLNORM_INLINE void vector_parameters(__global const parameter_t *gamma, __global const parameter_t *beta,
                                     const place_t first, const uint length, const set_moments_t m, realv *a, realv *b)
{
#if VECTOR_WIDTH > 1
    if (length == 1) {
        *a = gamma ? m.rstd * parameters(gamma + first.run) : (realv)(m.rstd);
        *b = beta ? parameters(beta + first.run) : (realv)(0);
        return;
    }
    if (first.in_run + VECTOR_WIDTH > length) {
        real each_a[VECTOR_WIDTH], each_b[VECTOR_WIDTH];
        const place_t one = place_of(1, length);
        place_t place = first;
#pragma unroll
        for (uint v = 0; v < VECTOR_WIDTH; v++) {
            each_a[v] = scale_of(gamma, m, place.run);
            each_b[v] = shift_of(beta, place.run);
            place = later_place(place, one, length);
        }
        *a = load_vector(each_a);
        *b = load_vector(each_b);
        return;
    }
#endif
    *a = (realv)(scale_of(gamma, m, first.run));
    *b = (realv)(shift_of(beta, first.run));
}

// Stores VECTOR_WIDTH results at an address of any alignment.
CLNORM_INLINE void store_results_anywhere(const realv y, const realv x, const target_t target, const uint at)
{
    if (aligned_head(target.y + at, VECTOR_WIDTH) == 0) {
        store_results(y, x, target, at);
    } else {
        store_elements(y, target.y + at);
#if SUM
        store_elements(x, target.sum + at);
#endif
    }
}

// Normalizes a block of n > 0 elements, by the work-items of a team. `from` is the number of its first element in the
// row, in which runs have `length` elements. gamma and beta point to the parameters of the set, or are null.
CLNORM_INLINE void affine_register_block(const register_block_t *block, const target_t target, const uint from,
                                         const uint n, const uint length, __global const parameter_t *gamma,
                                         __global const parameter_t *beta, const set_moments_t m, const team_t *team)
{
    const uint lane = lane_of(team, 0);
    const uint whole = whole_steps(n);
    const place_t step = place_of(LANES, length);
    place_t place = place_of(from + lane, length);
    const uint first_run = from / length;
    const int in_one_run = (from + n - 1) / length == first_run;
    realv a = (realv)(scale_of(gamma, m, first_run)), b = (realv)(shift_of(beta, first_run));
#define STORE_STEP(k)                                                                                                  \
    if (first_element(k) < whole) {                                                                                    \
        if (!in_one_run) {                                                                                             \
            vector_parameters(gamma, beta, place, length, m, &a, &b);                                                  \
            place = later_place(place, step, length);                                                                  \
        }                                                                                                              \
        const realv x = block->step##k;                                                                                \
        const realv y = activate(NORMALIZED(x, (realv)(m.mean_hi), (realv)(m.mean_lo), a, b));                         \
        store_results_anywhere(y, x, target, first_element(k) + lane);                                                 \
    }
    EACH_STEP(STORE_STEP)
    if (whole < n) {
        real end[VECTOR_WIDTH];
        store_vector(block->end, end);
#pragma unroll
        for (uint v = 0; v < VECTOR_WIDTH; v++) {
            const uint at = whole + lane + v;
            if (at < n) {
                const uint run = (from + at) / length;
                const real y = NORMALIZED(end[v], m.mean_hi, m.mean_lo, scale_of(gamma, m, run), shift_of(beta, run));
                store_result(activate_one(y), end[v], target, at);
            }
        }
    }
}

#endif
