// A block in the registers of a team: read once, for its moments and for its results.
//
// Each work-item holds the elements of its lanes, one vector for each STEP of 64 elements. Steps have names and not
// numbers, because Intel's compiler puts an array in memory even if all loops over it are unrolled. The elements after
// the last whole step are in a vector of their own. Lanes, pivot and sums are those of block_moments.cl, hence the same bits.
//
// Only for teams that hold one vector of lanes each (HELD 1).

#ifndef CLNORM_REGISTER_BLOCKS_CL
#define CLNORM_REGISTER_BLOCKS_CL

#include "lanes.cl"
#include "normalized.cl"
#include "sets.cl"

#define REGISTER_BLOCKS 1

#if HELD != 1
#error "a block in registers takes a team of LANES / VECTOR_WIDTH work-items"
#endif

// Vectors of a work-item in a whole block.
#define STEPS 16
#if STEPS * LANES != BLOCK
#error "EACH_STEP names the steps of a block of 1024 elements"
#endif

// DO(k) for each step k, a constant. first_element(k) is the number of its first element in the block.
#define EACH_STEP(DO)                                                                                                  \
    DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
#define first_element(k) ((k) * LANES)

// The part of a block that a work-item holds: step0 to step15.
#define STEP_OF_BLOCK(k) realv step##k;
typedef struct {
    EACH_STEP(STEP_OF_BLOCK) // of whole steps; 0 after the last one
    realv end;               // of the elements after the last whole step; 0 after the last element
} register_block_t;

// The work-item's part of a block, for functions that read blocks (block_moments.cl).
typedef const register_block_t *block_source_t;

// Elements of a block of n elements in whole steps.
CLNORM_INLINE uint whole_steps(const uint n)
{
    return n / LANES * LANES;
}

// The values of lanes that hold an element after the last whole step, and 0 in the others.
CLNORM_INLINE realv lanes_of_end(const realv values, const uint n, const team_t *team)
{
    return first_lanes((int)(n - whole_steps(n)) - (int)lane_of(team, 0), values, (realv)(0));
}

// Loads the n elements of a block; none for n = 0.
CLNORM_INLINE void load_register_block(register_block_t *block, const tensor_t from, const uint n, const team_t *team)
{
    const uint lane = lane_of(team, 0);
    const uint whole = whole_steps(n);
    if (n == BLOCK) {
#define LOAD_STEP(k) block->step##k = tensor_elements(from, first_element(k) + lane);
        EACH_STEP(LOAD_STEP)
    } else {
#define LOAD_STEP_BEFORE_END(k)                                                                                        \
    block->step##k = first_element(k) < whole ? tensor_elements(from, first_element(k) + lane) : (realv)(0);
        EACH_STEP(LOAD_STEP_BEFORE_END)
    }
    real end[VECTOR_WIDTH];
#pragma unroll
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        end[v] = whole + lane + v < n ? tensor_element(from, whole + lane + v) : (real)0;
    }
    block->end = load_vector(end);
}

// The pivot of a block of n elements, times scale. A team without a block passes n = 0. A group call.
CLNORM_INLINE real block_pivot(const block_source_t block, const uint n, const real scale, const team_t *team)
{
#if CENTERED
    realv sum = (n < LANES ? block->end : block->step0) * (realv)(scale);
    const real pivot = fold_one(&sum, team);
    return n < LANES ? pivot / (real)n : pivot * ((real)1 / LANES);
#else
    return 0;
#endif
}

// Adds deviations to their sum and to the sum of their squares.
CLNORM_INLINE void add_deviations(realv *sum, realv *squares, const realv d)
{
    *sum += d;
    *squares = multiply_add(d, d, *squares);
}

// sum(d) and sum(d^2) over the n deviations d = x * scale - pivot of a block. A group call.
CLNORM_INLINE void sum_block(const block_source_t block, const uint n, const real scale, const real pivot,
                             const team_t *team, real *total, real *total_squares)
{
    realv sum = (realv)(0), squares = (realv)(0);
    const uint whole = whole_steps(n);
    if (n == BLOCK) {
#define ADD_STEP(k) add_deviations(&sum, &squares, multiply_add(block->step##k, (realv)(scale), -(realv)(pivot)));
        EACH_STEP(ADD_STEP)
    } else {
#define ADD_STEP_BEFORE_END(k)                                                                                         \
    if (first_element(k) < whole) {                                                                                    \
        ADD_STEP(k)                                                                                                    \
    }
        EACH_STEP(ADD_STEP_BEFORE_END)
        const realv d = multiply_add(block->end, (realv)(scale), -(realv)(pivot));
        add_deviations(&sum, &squares, lanes_of_end(d, n, team));
    }
    fold_lanes(&sum, &squares, total, total_squares, team);
}

#endif
