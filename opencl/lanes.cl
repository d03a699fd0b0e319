// The order of summation: 64 lanes and one tree.
//
// Lane i adds the elements i, i + 64, i + 128, ... in this order. The 64 lanes are then folded by halves: lane i and
// lane i + 32, then i and i + 16, 8, 4, 2, 1.
//
// A team of TEAM work-items does this together. Work-item t holds HELD vectors of VECTOR_WIDTH lanes:
//
//     lane = k * TEAM * VECTOR_WIDTH + t * VECTOR_WIDTH + v      (k < HELD, t < TEAM, v < VECTOR_WIDTH)
//
// The fold therefore goes over k in registers, then over t in local memory, then over v in registers. One work-item
// with four float16, 16 work-items with float4 and 64 work-items with scalars do exactly the same additions.
//
// Over t, the first PARTIALS work-items add FOLD_BY vectors each, which is several levels of the tree at once, and then
// all work-items add these partial sums. A fold has two barriers, not one for each level.
//
// A work-group is one team or several. Functions that fold contain barriers: "a group call" in the comment of a
// function means that all work-items of the work-group must call it together.

#ifndef CLNORM_LANES_CL
#define CLNORM_LANES_CL

#include "types.cl"

// Partial sums of a block. Part of the order of summation.
#define LANES 64

// Elements of a block, which a team sums at once. Part of the order of summation: another value gives other bits.
#define BLOCK 1024

// The address space of the moments or sums of blocks: __local if one work-group has all blocks of its sets.
#ifndef BLOCKS_SPACE
#define BLOCKS_SPACE __global
#define MANY_BLOCKS
#endif

// Work-items of a team, teams of a work-group, and vectors of lanes that a work-item holds.
#if WORK_GROUP_SIZE * VECTOR_WIDTH < LANES
#define TEAM WORK_GROUP_SIZE
#else
#define TEAM (LANES / VECTOR_WIDTH)
#endif
#define TEAMS (WORK_GROUP_SIZE / TEAM)
#define HELD (LANES / (TEAM * VECTOR_WIDTH))

// Vectors that a work-item of a team adds at once in a fold, and the sums that this leaves. Changes no bit.
#if TEAM >= 64
#define FOLD_BY 8
#elif TEAM >= 4
#define FOLD_BY 4
#else
#define FOLD_BY TEAM
#endif
#define PARTIALS (TEAM / FOLD_BY)

// A barrier of the work-group. One work-item needs none: it sees what it has written. PoCL 6 ends the process when it compiles
// some kernels with barriers in loops.
#if WORK_GROUP_SIZE == 1
#define GROUP_BARRIER(fences)
#else
#define GROUP_BARRIER(fences) barrier(fences)
#endif

// A team, as one of its work-items sees it.
typedef struct {
    __local realv *first;  // [TEAM], for folds: PARTIALS partial sums, and one vector of each later work-item
    __local realv *second; // [TEAM], for folds of two sums at once
    __local int *votes;    // [TEAMS], of the whole work-group
    uint team;             // number of this team in the work-group
    uint item;             // number t of this work-item in the team
} team_t;

// Declares the team of this work-item, with its local memory: two vectors for each work-item and one int for each team.
// A macro, because OpenCL C declares local memory in kernels only.
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

// The first lane of vector k of this work-item.
CLNORM_INLINE uint lane_of(const team_t *team, const uint k)
{
    return k * (TEAM * VECTOR_WIDTH) + team->item * VECTOR_WIDTH;
}

// a in the first `count` places of a vector, b in the others. A negative count is 0.
CLNORM_INLINE realv first_lanes(const int count, const realv a, const realv b)
{
#if VECTOR_WIDTH == 1
    return count > 0 ? a : b;
#else
    real_bits number[VECTOR_WIDTH];
#pragma unroll
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        number[v] = v;
    }
    return load_vector(number) < (bitsv)(count) ? a : b;
#endif
}

// Sets two sums of 64 lanes to 0.
CLNORM_INLINE void clear_lanes(realv *a, realv *b)
{
#pragma unroll
    for (uint k = 0; k < HELD; k++) {
        a[k] = 0;
        b[k] = 0;
    }
}

// Folds the elements of one vector by halves.
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

#if TEAM > 1
// Folds `count` vectors by halves: own, from[stride], from[2 * stride], ...
CLNORM_INLINE realv fold_strided(const realv own, __local const realv *from, const uint count, const uint stride)
{
    realv sum[FOLD_BY > PARTIALS ? FOLD_BY : PARTIALS];
    sum[0] = own;
#pragma unroll
    for (uint i = 1; i < count; i++) {
        sum[i] = from[i * stride];
    }
#pragma unroll
    for (uint half_ = count / 2; half_ > 0; half_ /= 2) {
#pragma unroll
        for (uint i = 0; i < half_; i++) {
            sum[i] += sum[i + half_];
        }
    }
    return sum[0];
}
#endif

// Folds 64 lanes. Each work-item of the team gets the result. a is overwritten. A group call.
CLNORM_INLINE real fold_one(realv *a, const team_t *team)
{
#pragma unroll
    for (uint half_ = HELD / 2; half_ > 0; half_ /= 2) {
#pragma unroll
        for (uint k = 0; k < half_; k++) {
            a[k] += a[k + half_];
        }
    }
#if TEAM > 1
    // No barrier before these stores: who reads what they overwrite has passed the second barrier of the fold before.
    // The partial sums of that fold are overwritten after the first barrier of this one.
    if (team->item >= PARTIALS) {
        team->first[team->item] = a[0];
    }
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    if (team->item < PARTIALS) {
        team->first[team->item] = fold_strided(a[0], team->first + team->item, FOLD_BY, PARTIALS);
    }
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    a[0] = fold_strided(team->first[0], team->first, PARTIALS, 1);
#endif
    return fold_vector(a[0]);
}

// Folds two sums of 64 lanes at once. Each work-item of the team gets both results. a and b are overwritten.
// A group call.
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
    // Barriers as in fold_one.
    if (team->item >= PARTIALS) {
        team->first[team->item] = a[0];
        team->second[team->item] = b[0];
    }
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    if (team->item < PARTIALS) {
        team->first[team->item] = fold_strided(a[0], team->first + team->item, FOLD_BY, PARTIALS);
        team->second[team->item] = fold_strided(b[0], team->second + team->item, FOLD_BY, PARTIALS);
    }
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    a[0] = fold_strided(team->first[0], team->first, PARTIALS, 1);
    b[0] = fold_strided(team->second[0], team->second, PARTIALS, 1);
#endif
    *sum_a = fold_vector(a[0]);
    *sum_b = fold_vector(b[0]);
}

// True for each work-item if any team of the work-group votes for it. Teams repeat a step together by this: a barrier
// must be reached by all work-items or by none. There must be a barrier, such as those of a fold, between two votes.
// A group call.
CLNORM_INLINE int any_team(const int vote, const team_t *team)
{
#if TEAMS > 1
    if (team->item == 0) {
        team->votes[team->team] = vote;
    }
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    int any = 0;
    for (uint i = 0; i < TEAMS; i++) {
        any |= team->votes[i];
    }
    return any;
#else
    return vote;
#endif
}

#endif
