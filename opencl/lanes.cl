// The order of summation: 64 lanes, one tree.
//
// Everything that clnorm sums is summed like this: lane i takes the elements i, i + 64, i + 128, ... in that order, and
// the 64 lanes are folded by halves: i with i + 32, then with i + 16, 8, 4, 2, 1. A *team* of TEAM work-items computes
// that: work-item t holds HELD vectors of VECTOR_WIDTH lanes, and
//
//     lane = k * TEAM * VECTOR_WIDTH + t * VECTOR_WIDTH + v      (k < HELD, t < TEAM, v < VECTOR_WIDTH)
//
// so that the fold runs over k in registers, then over t in local memory, then over v in registers. One work-item with
// four float16, 16 work-items with float4 and 64 work-items with scalars all do the very same additions.

#ifndef CLNORM_LANES_CL
#define CLNORM_LANES_CL

#include "types.cl"

#define LANES 64

// Elements of a block: what is summed by one team in one go. Part of the order of summation: another value gives other bits.
#define BLOCK 1024

// A work-group is one team, or several that work side by side; TEAM is the smaller of the group and the lanes' vectors.
#if WORK_GROUP_SIZE * VECTOR_WIDTH < LANES
#define TEAM WORK_GROUP_SIZE
#else
#define TEAM (LANES / VECTOR_WIDTH)
#endif
#define TEAMS (WORK_GROUP_SIZE / TEAM)
#define HELD (LANES / (TEAM * VECTOR_WIDTH))

// Local memory of a work-group's sums: two vectors a work-item and one vote a team.
typedef struct {
    __local realv *first;  // [TEAM] of this team
    __local realv *second; // [TEAM] of this team
    __local int *votes;    // [TEAMS] of the work-group
    uint team;             // this team's index in the work-group
    uint item;             // this work-item's index t in its team
} team_t;

#define DECLARE_TEAM(name)                                                                                             \
    __local realv name##_first[WORK_GROUP_SIZE];                                                                       \
    __local realv name##_second[WORK_GROUP_SIZE];                                                                      \
    __local int name##_votes[TEAMS];                                                                                   \
    team_t name;                                                                                                       \
    name.team = (uint)get_local_id(0) / TEAM;                                                                          \
    name.item = (uint)get_local_id(0) % TEAM;                                                                          \
    name.first = name##_first + name.team * TEAM;                                                                      \
    name.second = name##_second + name.team * TEAM;                                                                    \
    name.votes = name##_votes

// The first lane of held vector k of this work-item.
#define LANE_OF(team_, k) ((k) * (TEAM * VECTOR_WIDTH) + (team_)->item * VECTOR_WIDTH)

// The number of lane v of a vector.
CLNORM_INLINE bitsv lane_numbers(void)
{
    real_bits number[VECTOR_WIDTH];
#pragma unroll
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        number[v] = v;
    }
    return load_vector(number);
}

// a where the lane's number is below `count`, else b.
CLNORM_INLINE realv first_lanes(const int count, const realv a, const realv b)
{
#if VECTOR_WIDTH == 1
    return count > 0 ? a : b;
#else
    return lane_numbers() < (bitsv)(count) ? a : b;
#endif
}

// Folds the lanes of one vector.
CLNORM_INLINE real fold_vector(const realv v)
{
#if VECTOR_WIDTH == 16
    const REAL_VECTOR(8) eight = v.lo + v.hi;
    const REAL_VECTOR(4) four = eight.lo + eight.hi;
    const REAL_VECTOR(2) two = four.lo + four.hi;
    return two.x + two.y;
#elif VECTOR_WIDTH == 8
    const REAL_VECTOR(4) four = v.lo + v.hi;
    const REAL_VECTOR(2) two = four.lo + four.hi;
    return two.x + two.y;
#elif VECTOR_WIDTH == 4
    const REAL_VECTOR(2) two = v.lo + v.hi;
    return two.x + two.y;
#elif VECTOR_WIDTH == 2
    return v.x + v.y;
#else
    return v;
#endif
}

// Folds two sums of 64 lanes at once; every work-item of the team gets both results. All work-items of the work-group
// call it together. a and b are overwritten.
CLNORM_INLINE void fold_lanes(realv *a, realv *b, real *sum_a, real *sum_b, const team_t *team)
{
#pragma unroll
    for (uint half_ = HELD / 2; half_ > 0; half_ /= 2) {
#pragma unroll
        for (uint k = 0; k < half_; k++) {
            a[k] += a[k + half_];
            b[k] += b[k + half_];
        }
    }
#if TEAM > 1
    team->first[team->item] = a[0];
    team->second[team->item] = b[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint stride = TEAM / 2; stride > 0; stride /= 2) {
        if (team->item < stride) {
            team->first[team->item] += team->first[team->item + stride];
            team->second[team->item] += team->second[team->item + stride];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    a[0] = team->first[0];
    b[0] = team->second[0];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    *sum_a = fold_vector(a[0]);
    *sum_b = fold_vector(b[0]);
}

// One half of the lanes of a compensated sum added to the other.
#define FOLD_HALVES(type, sum, error, of_sum, of_error)                                                                \
    type sum, error;                                                                                                   \
    do {                                                                                                               \
        type rounding_;                                                                                                \
        TWO_SUM(type, sum, rounding_, (of_sum).lo, (of_sum).hi);                                                    \
        error = ((of_error).lo + (of_error).hi) + rounding_;                                                           \
    } while (0)

// Folds the lanes of one vector of compensated sums.
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
    // An infinite sum has no error to speak of: its bits say NaN.
    return isinf(sum1) ? sum1 : sum1 + error1;
}

// Folds 64 lanes of compensated sums (sum + error): the tree of fold_lanes, with the rounding error of every addition
// kept. The result is the rounded total. sum and error are overwritten.
CLNORM_INLINE real fold_compensated(realv *sum, realv *error, const team_t *team)
{
    realv folded, rounding;
#pragma unroll
    for (uint half_ = HELD / 2; half_ > 0; half_ /= 2) {
#pragma unroll
        for (uint k = 0; k < half_; k++) {
            TWO_SUM(realv, folded, rounding, sum[k], sum[k + half_]);
            sum[k] = folded;
            error[k] = (error[k] + error[k + half_]) + rounding;
        }
    }
#if TEAM > 1
    team->first[team->item] = sum[0];
    team->second[team->item] = error[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint stride = TEAM / 2; stride > 0; stride /= 2) {
        if (team->item < stride) {
            const realv other_sum = team->first[team->item + stride];
            const realv other_error = team->second[team->item + stride];
            TWO_SUM(realv, folded, rounding, team->first[team->item], other_sum);
            team->first[team->item] = folded;
            team->second[team->item] = (team->second[team->item] + other_error) + rounding;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    sum[0] = team->first[0];
    error[0] = team->second[0];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    return fold_vector_compensated(sum[0], error[0]);
}

// True for every work-item when any team of the work-group wishes it, so that teams can repeat a step together: a
// barrier must be reached by all work-items or by none.
CLNORM_INLINE int any_team(const int wish, const team_t *team)
{
#if TEAMS > 1
    if (team->item == 0) {
        team->votes[team->team] = wish;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    int any = 0;
    for (uint i = 0; i < TEAMS; i++) {
        any |= team->votes[i];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    return any;
#else
    return wish;
#endif
}

#endif
