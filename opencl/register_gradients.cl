// A block of backward in the registers of a team: x and dy are read once, for the sums of the block and for dx.
//
// What dx takes of them is held, xhat and dz: so no activation is computed twice. Steps of 64 elements have names, as in
// register_blocks.cl. Lanes and formulas are those of gradient_blocks.cl and gradient_input.cl, hence the
// same bits.
//
// Only for teams that hold one vector of lanes each (HELD 1), and for blocks of END elements or more.

#ifndef CLNORM_REGISTER_GRADIENTS_CL
#define CLNORM_REGISTER_GRADIENTS_CL

#include "gradient_blocks.cl"
#include "register_blocks.cl"

// VECTOR_WIDTH elements of a block.
typedef struct {
    realv xhat, dz;
} held_vector_t;

// The part of a block that a work-item holds: step0 to step15.
#define STEP_OF_GRADIENT(k) held_vector_t step##k;
typedef struct {
    EACH_STEP(STEP_OF_GRADIENT) // of whole steps
    held_vector_t end;          // of the elements after them
} register_gradient_t;

// The vector of a work-item after the last whole step (gradient_blocks.cl).
typedef struct {
    int present;
    uint at;     // its first element in the block
    int skipped; // elements at its beginning that other lanes have
} end_vector_t;

CLNORM_INLINE end_vector_t end_vector_of(const uint n, const team_t *team)
{
    const uint lane = lane_of(team, 0);
    const uint whole = whole_steps(n);
    // Lanes of whole ENDs, and empty lanes before the elements of the last END.
    const uint ends = (n - whole) / END * END;
    const uint shift = (END - (n - whole) % END) % END;
    const uint in_end = lane % END;
    const int in_whole = lane + VECTOR_WIDTH <= ends;
    end_vector_t end;
    end.present = whole < n && (in_whole || (shift > 0 && lane < ends + END && in_end + VECTOR_WIDTH > shift));
    end.at = whole + lane - (in_whole ? 0 : shift);
    end.skipped = in_whole ? 0 : (int)shift - (int)in_end;
    return end;
}

// gamma of VECTOR_WIDTH elements from number `at` on.
CLNORM_INLINE realv held_gammas(const operands_t block, const uint at)
{
    return EACH ? gammas_at(block.gamma, at) : (realv)(block.run_gamma);
}

// What is held of VECTOR_WIDTH elements from number `at` on.
CLNORM_INLINE held_vector_t held_vector(const operands_t block, const uint at, const realv x, const realv dy)
{
    const realv mean_hi = (realv)(block.set.mean_hi), mean_lo = (realv)(block.set.mean_lo);
    const realv rstd = (realv)(block.set.rstd);
    const realv beta = EACH ? betas_at(block.beta, at) : (realv)(block.run_beta);
    held_vector_t held;
    held.xhat = XHAT(x, mean_hi, mean_lo, rstd);
    held.dz = before_activation(dy, x, mean_hi, mean_lo, rstd, held_gammas(block, at), beta);
    return held;
}

// Loads a block of n elements; nothing for n = 0.
CLNORM_INLINE void load_register_gradient(register_gradient_t *held, const operands_t block, const uint n,
                                          const end_vector_t end, const team_t *team)
{
    const uint lane = lane_of(team, 0);
    const uint whole = whole_steps(n);
    // All loads before the first use.
#define LOAD_STEP_OF_GRADIENT(k)                                                                                       \
    realv x##k, dy##k;                                                                                                 \
    if (first_element(k) < whole) {                                                                                    \
        x##k = source_elements(block.x, first_element(k) + lane);                                                      \
        dy##k = gradient_elements(block.dy, first_element(k) + lane);                                                  \
    }
    EACH_STEP(LOAD_STEP_OF_GRADIENT)
#define HOLD_STEP(k)                                                                                                   \
    if (first_element(k) < whole) {                                                                                    \
        held->step##k = held_vector(block, first_element(k) + lane, x##k, dy##k);                                      \
    }
    EACH_STEP(HOLD_STEP)
    if (end.present) {
        held->end = held_vector(block, end.at, source_elements(block.x, end.at), gradient_elements(block.dy, end.at));
    }
}

// Adds a vector to its lanes, except the first `skipped` elements (0 or less: none).
CLNORM_INLINE void add_held(realv *product, realv *sum, const held_vector_t held, const realv gamma, const int skipped)
{
    const realv g = first_lanes(skipped, (realv)(0), EACH ? held.dz * gamma : held.dz);
    *product = multiply_add(g, held.xhat, *product);
    *sum += g;
}

// The sums of a block of n elements: those of block_sums. A group call.
CLNORM_INLINE void sums_of_register_gradient(const register_gradient_t *held, const operands_t block, const uint n,
                                             const end_vector_t end, const team_t *team, real *product, real *sum)
{
    const uint lane = lane_of(team, 0);
    const uint whole = whole_steps(n);
    realv products = (realv)(0), sums = (realv)(0);
#define ADD_HELD_STEP(k)                                                                                               \
    if (first_element(k) < whole) {                                                                                    \
        add_held(&products, &sums, held->step##k, held_gammas(block, first_element(k) + lane), 0);                     \
    }
    EACH_STEP(ADD_HELD_STEP)
    if (end.present) {
        add_held(&products, &sums, held->end, held_gammas(block, end.at), end.skipped);
    }
    fold_lanes(&products, &sums, product, sum, team);
}

// dx of VECTOR_WIDTH elements from number `at` on.
CLNORM_INLINE realv input_gradient_of_held(const operands_t block, const held_vector_t held, const uint at)
{
    const set_gradient_t s = block.set;
    return INPUT_GRADIENT(held.dz, held.xhat, held_gammas(block, at), (realv)(s.rstd), (realv)(s.g),
                          (realv)(s.g_of_xhat));
}

// dx of a block of n elements.
CLNORM_INLINE void store_register_gradient(const register_gradient_t *held, const operands_t block, const uint n,
                                           const end_vector_t end, __global storage_t *dx, const team_t *team)
{
    const uint lane = lane_of(team, 0);
    const uint whole = whole_steps(n);
#define STORE_HELD_STEP(k)                                                                                             \
    if (first_element(k) < whole) {                                                                                    \
        const uint at = first_element(k) + lane;                                                                       \
        const realv result = input_gradient_of_held(block, held->step##k, at);                                         \
        if (aligned_head(dx + at, VECTOR_WIDTH) == 0) {                                                                \
            store_output(result, dx + at);                                                                             \
        } else {                                                                                                       \
            store_elements(result, dx + at);                                                                           \
        }                                                                                                              \
    }
    EACH_STEP(STORE_HELD_STEP)
    if (end.present) {
        real result[VECTOR_WIDTH];
        store_vector(input_gradient_of_held(block, held->end, end.at), result);
#pragma unroll
        for (uint v = 0; v < VECTOR_WIDTH; v++) {
            if ((int)v >= end.skipped) {
                store_element(result[v], dx + end.at + v);
            }
        }
    }
}

#endif
