// Compensated sums in 64 lanes: what blocks are merged with.
//
// A compensated sum is a pair (sum, error): the rounding error of each addition is computed exactly (TWO_SUM) and added
// to `error`. The total, sum + error, is as good as one in twice the precision. Lanes and tree are those of lanes.cl.

#ifndef CLNORM_COMPENSATED_CL
#define CLNORM_COMPENSATED_CL

#include "lanes.cl"

// VECTOR_WIDTH of the `count` values of blocks from number `at` on, and `missing` after the last one.
CLNORM_INLINE realv load_blocks(BLOCKS_SPACE const real *values, const uint at, const uint count, const real missing)
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

// Values of blocks that a work-item with scalars loads before it adds any, in merges of many blocks from global memory:
// a load takes longer than additions. Changes no bit.
#if defined(MANY_BLOCKS) && TEAM == LANES
#define MERGED_AT_ONCE 4
#else
#define MERGED_AT_ONCE 1
#endif

// Adds a value to a compensated sum.
CLNORM_INLINE void add_compensated(realv *sum, realv *error, const realv value)
{
    realv total, rounding;
    TWO_SUM(realv, total, rounding, *sum, value);
    *sum = total;
    *error += rounding;
}

// Adds a compensated sum to another.
CLNORM_INLINE void fold_pair(realv *sum, realv *error, const realv other_sum, const realv other_error)
{
    realv total, rounding;
    TWO_SUM(realv, total, rounding, *sum, other_sum);
    *sum = total;
    *error = (*error + other_error) + rounding;
}

// Declares (sum, error) of the given type: the lower half of a vector of compensated sums, with the upper half added.
#define FOLD_HALVES(type, sum, error, of_sum, of_error)                                                                \
    type sum, error;                                                                                                   \
    do {                                                                                                               \
        type rounding_;                                                                                                \
        TWO_SUM(type, sum, rounding_, (of_sum).lo, (of_sum).hi);                                                       \
        error = ((of_error).lo + (of_error).hi) + rounding_;                                                           \
    } while (0)

// Folds the elements of one vector of compensated sums to a total.
CLNORM_INLINE real fold_vector_compensated(const realv sum, const realv error)
{
#if VECTOR_WIDTH == 16
    FOLD_HALVES(REAL_VECTOR(8), sum8, error8, sum, error);
#elif VECTOR_WIDTH == 8
    const realv sum8 = sum, error8 = error;
#endif
#if VECTOR_WIDTH >= 8
    FOLD_HALVES(REAL_VECTOR(4), sum4, error4, sum8, error8);
#elif VECTOR_WIDTH == 4
    const realv sum4 = sum, error4 = error;
#endif
#if VECTOR_WIDTH >= 4
    FOLD_HALVES(REAL_VECTOR(2), sum2, error2, sum4, error4);
#elif VECTOR_WIDTH == 2
    const realv sum2 = sum, error2 = error;
#endif
#if VECTOR_WIDTH >= 2
    FOLD_HALVES(real, sum1, error1, sum2, error2);
#else
    const real sum1 = sum, error1 = error;
#endif
    // The error of an infinite sum is NaN.
    return isinf(sum1) ? sum1 : sum1 + error1;
}

#if TEAM > 1
// Folds `count` compensated sums by halves: (sum, error), then sums[stride] and errors[stride], ... The result is in sum
// and error.
CLNORM_INLINE void fold_strided_pairs(realv *sum, realv *error, __local const realv *sums, __local const realv *errors,
                                      const uint count, const uint stride)
{
    realv s[FOLD_BY > PARTIALS ? FOLD_BY : PARTIALS], e[FOLD_BY > PARTIALS ? FOLD_BY : PARTIALS];
    s[0] = *sum;
    e[0] = *error;
#pragma unroll
    for (uint i = 1; i < count; i++) {
        s[i] = sums[i * stride];
        e[i] = errors[i * stride];
    }
#pragma unroll
    for (uint half_ = count / 2; half_ > 0; half_ /= 2) {
#pragma unroll
        for (uint i = 0; i < half_; i++) {
            fold_pair(s + i, e + i, s[i + half_], e[i + half_]);
        }
    }
    *sum = s[0];
    *error = e[0];
}
#endif

// Folds 64 lanes of compensated sums to a total, by the tree of fold_lanes. Each work-item of the team gets the result.
// sum and error are overwritten. A group call.
CLNORM_INLINE real fold_compensated(realv *sum, realv *error, const team_t *team)
{
#pragma unroll
    for (uint half_ = HELD / 2; half_ > 0; half_ /= 2) {
#pragma unroll
        for (uint k = 0; k < half_; k++) {
            fold_pair(sum + k, error + k, sum[k + half_], error[k + half_]);
        }
    }
#if TEAM > 1
    // Barriers as in fold_one.
    if (team->item >= PARTIALS) {
        team->first[team->item] = sum[0];
        team->second[team->item] = error[0];
    }
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    if (team->item < PARTIALS) {
        fold_strided_pairs(sum, error, team->first + team->item, team->second + team->item, FOLD_BY, PARTIALS);
        team->first[team->item] = sum[0];
        team->second[team->item] = error[0];
    }
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    sum[0] = team->first[0];
    error[0] = team->second[0];
    fold_strided_pairs(sum, error, team->first, team->second, PARTIALS, 1);
#endif
    return fold_vector_compensated(sum[0], error[0]);
}

#endif
