// The sums of a block for backward, along rows: sum(dz * xhat) and sum(dz).
//
// The sums of blocks (gradient_cut.cl) serve twice, for the means of their set and for the gradients of their
// parameter, so x and dy are read once for both. With EACH they are sum(g * xhat) and sum(g).
//
// A block is summed in 64 lanes (lanes.cl). The elements after its last whole END elements lie in the next END lanes,
// at their upper end: a vector that ends with the block reads them, and nothing beyond.

#ifndef CLNORM_GRADIENT_BLOCKS_CL
#define CLNORM_GRADIENT_BLOCKS_CL

#include "gradient_cut.cl"
#include "gradient_formulas.cl"

// Elements that lanes take together at the end of a block. Part of the order of summation.
#define END 16

// Distance in elements between a load or store and the prefetch beside it: while elements are summed, and while dx is
// computed from elements that mostly are in a cache. Changes no bit.
#define READ_AHEAD AHEAD
#define WRITE_AHEAD (AHEAD / 2)

// The elements of dy of one set: in global memory, or with KEEP_SET a copy in local memory, as reals.
#if KEEP_SET
typedef __local const real *gradient_t;
#else
typedef __global const storage_t *gradient_t;
#endif

CLNORM_INLINE real gradient_element(const gradient_t dy, const ulong at)
{
#if KEEP_SET
    return dy[at];
#else
    return element(dy + at);
#endif
}

CLNORM_INLINE realv gradient_elements(const gradient_t dy, const ulong at)
{
#if KEEP_SET
    return load_aligned(__local, REAL_NAME, dy + at);
#else
    return elements(dy + at);
#endif
}

CLNORM_INLINE void prefetch_gradient(const gradient_t dy, const ulong at)
{
#if !KEEP_SET
    prefetch_input(dy + at);
#endif
}

// What backward of a set or of a block reads.
typedef struct {
    source_t x;
    gradient_t dy;
    __global const parameter_t *gamma, *beta; // those of x's first element, or null
    real run_gamma, run_beta;                 // of a block, unless EACH: the parameters of its run
    set_gradient_t set;
} operands_t;

CLNORM_INLINE operands_t operands_of(const source_t x, const gradient_t dy, __global const parameter_t *gamma,
                                     __global const parameter_t *beta, const set_gradient_t set)
{
    operands_t operands;
    operands.x = x;
    operands.dy = dy;
    operands.gamma = gamma;
    operands.beta = beta;
    operands.run_gamma = 1;
    operands.run_beta = 0;
    operands.set = set;
    return operands;
}

// The operands from element `offset` on, whose parameters begin at number `param`.
CLNORM_INLINE operands_t operands_at(const operands_t set, const ulong offset, const ulong param)
{
    operands_t moved = set;
    moved.x = source_at(set.x, offset);
    moved.dy = set.dy + offset;
    moved.gamma = parameters_at(set.gamma, param);
    moved.beta = parameters_at(set.beta, param);
    return moved;
}

// The operands of a block with the parameters of its run loaded.
CLNORM_INLINE operands_t with_run_parameters(const operands_t block)
{
    operands_t loaded = block;
#if !EACH
    loaded.run_gamma = gamma_at(block.gamma, 0);
    loaded.run_beta = beta_at(block.beta, 0);
#endif
    return loaded;
}

// The operands of VECTOR_WIDTH elements, and dz of them.
typedef struct {
    realv x, gamma, dz;
} vector_operands_t;

// The same from the loaded elements of dy, x, gamma and beta.
CLNORM_INLINE vector_operands_t operands_of_vector(const operands_t block, const realv dy, const realv x,
                                                   const realv gamma, const realv beta)
{
    vector_operands_t v;
    v.x = x;
    v.gamma = gamma;
    v.dz = before_activation(dy, x, (realv)(block.set.mean_hi), (realv)(block.set.mean_lo), (realv)(block.set.rstd),
                             gamma, beta);
    return v;
}

CLNORM_INLINE vector_operands_t vector_at(const operands_t block, const uint at)
{
#if NEEDS_X
    const realv x = source_elements(block.x, at);
#else
    const realv x = (realv)(0);
#endif
    const realv gamma = EACH ? gammas_at(block.gamma, at) : (realv)(block.run_gamma);
    const realv beta = EACH ? betas_at(block.beta, at) : (realv)(block.run_beta);
    return operands_of_vector(block, gradient_elements(block.dy, at), x, gamma, beta);
}

#if WORK_GROUP_SIZE > 1
// The elements of four vectors, all loaded before any is used (in_flight.cl).
typedef struct {
    four_t dy, x, gamma, beta;
} four_operands_t;

// Those from the elements number at, at + step, at + 2 step and at + 3 step of a block on.
CLNORM_INLINE four_operands_t four_at(const operands_t block, const uint at, const uint step)
{
    four_operands_t four;
#if KEEP_SET
    four.dy = four_of_source(block.dy, at, step);
#else
    four.dy = four_of_elements(block.dy, at, step);
#endif
#if NEEDS_X
    four.x = four_of_source(block.x, at, step);
#else
    four.x = four_times((realv)(0));
#endif
#if EACH
    four.gamma = four_of_parameters(block.gamma, (realv)(1), at, step);
    four.beta = four_of_parameters(block.beta, (realv)(0), at, step);
#else
    four.gamma = four_times((realv)(block.run_gamma));
    four.beta = four_times((realv)(block.run_beta));
#endif
    return four;
}

// The operands of one of four vectors: v0, v1, v2 or v3.
#define ONE_OF_FOUR(block, four, v) operands_of_vector(block, (four).dy.v, (four).x.v, (four).gamma.v, (four).beta.v)
#endif

// The same of one element.
typedef struct {
    real x, gamma, dz;
} element_operands_t;

CLNORM_INLINE element_operands_t element_at(const operands_t block, const uint at)
{
    element_operands_t e;
#if NEEDS_X
    e.x = source_element(block.x, at);
#else
    e.x = (real)0;
#endif
    e.gamma = EACH ? gamma_at(block.gamma, at) : block.run_gamma;
    const real beta = EACH ? beta_at(block.beta, at) : block.run_beta;
    e.dz = before_activation_one(gradient_element(block.dy, at), e.x, block.set, e.gamma, beta);
    return e;
}

// Adds VECTOR_WIDTH elements to their lanes, except the first `skipped` (0 or less: none), which other lanes have.
CLNORM_INLINE void add_operands(realv *products, realv *sums, const operands_t block, const vector_operands_t v,
                                const int skipped)
{
    const set_gradient_t s = block.set;
    const realv all = EACH ? v.dz * v.gamma : v.dz;
    const realv g = first_lanes(skipped, (realv)(0), all);
#if NEEDS_X
    *products = multiply_add(g, XHAT(v.x, (realv)(s.mean_hi), (realv)(s.mean_lo), (realv)(s.rstd)), *products);
#endif
    *sums += g;
}

// The same of the elements from number `at` on.
CLNORM_INLINE void add_vector(realv *products, realv *sums, const operands_t block, const uint at, const int skipped)
{
    add_operands(products, sums, block, vector_at(block, at), skipped);
}

// The same element by element, for the first n of the VECTOR_WIDTH lanes from number `at` on: blocks of fewer than END
// elements.
CLNORM_INLINE void add_elements(realv *products, realv *sums, const operands_t block, const uint at, const uint n)
{
    const set_gradient_t s = block.set;
    real lane_products[VECTOR_WIDTH], lane_sums[VECTOR_WIDTH];
    store_vector(*products, lane_products);
    store_vector(*sums, lane_sums);
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        if (v < n) {
            const element_operands_t e = element_at(block, at + v);
            const real g = EACH ? e.dz * e.gamma : e.dz;
#if NEEDS_X
            lane_products[v] = multiply_add(g, XHAT(e.x, s.mean_hi, s.mean_lo, s.rstd), lane_products[v]);
#endif
            lane_sums[v] += g;
        }
    }
    *products = load_vector(lane_products);
    *sums = load_vector(lane_sums);
}

// Adds the elements of a block from number `whole` on, fewer than 64, to their lanes. See the top of this file.
CLNORM_INLINE void add_end_of_block(realv *products, realv *sums, const operands_t block, const uint whole,
                                    const uint n, const ulong ahead, const team_t *team)
{
    // Lanes of whole ENDs, and empty lanes before the elements of the last END.
    const uint ends = (n - whole) / END * END;
    const uint shift = n >= END ? (END - (n - whole) % END) % END : 0;
#pragma unroll
    for (uint k = 0; k < HELD; k++) {
        const uint lane = lane_of(team, k);
        const uint in_end = lane % END;
        const int in_whole = lane + VECTOR_WIDTH <= ends;
        if (in_whole || (shift > 0 && lane < ends + END && in_end + VECTOR_WIDTH > shift)) {
            const uint at = whole + lane - (in_whole ? 0 : shift);
            prefetch_source(block.x, at + ahead);
            prefetch_gradient(block.dy, at + ahead);
            add_vector(products + k, sums + k, block, at, in_whole ? 0 : (int)shift - (int)in_end);
        }
        if (k * TEAM * VECTOR_WIDTH < END && n < END && lane < n) {
            add_elements(products + k, sums + k, block, lane, n - lane);
        }
    }
}

// The sums of a block of n elements: sum(dz * xhat) and sum(dz), or with EACH sum(g * xhat) and sum(g). Each work-item
// of the team gets them. A team without a block passes n = 0. `ahead` is the distance of prefetches. A group call.
CLNORM_INLINE void block_sums(const operands_t operands, const uint n, const ulong ahead, const team_t *team,
                              real *product, real *sum)
{
    realv products[HELD], sums[HELD];
    clear_lanes(products, sums);
    operands_t block = operands;
    if (n > 0) {
        block = with_run_parameters(operands);
    }
    const uint whole = n / LANES * LANES;
    uint base = 0;
#if WORK_GROUP_SIZE > 1 && HELD == 1
    for (; base + 4 * LANES <= whole; base += 4 * LANES) {
        const four_operands_t four = four_at(block, base + lane_of(team, 0), LANES);
        add_operands(products, sums, block, ONE_OF_FOUR(block, four, v0), 0);
        add_operands(products, sums, block, ONE_OF_FOUR(block, four, v1), 0);
        add_operands(products, sums, block, ONE_OF_FOUR(block, four, v2), 0);
        add_operands(products, sums, block, ONE_OF_FOUR(block, four, v3), 0);
    }
#endif
    for (; base < whole; base += LANES) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint at = base + lane_of(team, k);
            prefetch_source(block.x, at + ahead);
            prefetch_gradient(block.dy, at + ahead);
            add_vector(products + k, sums + k, block, at, 0);
        }
    }
    if (whole < n) {
        add_end_of_block(products, sums, block, whole, n, ahead, team);
    }
    fold_lanes(products, sums, product, sum, team);
}

// The sums of the blocks first .. end of a set, stored at partials[block] and partials[stride + block]. A team takes
// each `step`-th of them, from number first + offset on. Nothing is read if the set is not `present`. A group call.
CLNORM_INLINE void sums_of_blocks(const operands_t set, const int present, const sets_t sets, const gradient_cut_t cut,
                                  const uint first, const uint end, const uint offset, const uint step,
                                  __global real *partials, const ulong stride, const team_t *team)
{
    const ulong ahead = distance_ahead(sets, READ_AHEAD);
    block_t block = block_of(sets, cut, present && first + offset < end ? first + offset : 0);
    for (uint base = first; base < end; base += step) {
        const uint number = base + offset;
        const int in_set = present && number < end;
        real product, sum;
        block_sums(operands_at(set, block.offset, block.param), in_set ? block.n : 0, ahead, team, &product, &sum);
        if (in_set && team->item == 0) {
            partials[number] = product;
            partials[stride + number] = sum;
        }
        if (present && number + step < end) {
            block = next_block(sets, cut, block, number + step, step);
        }
    }
}

#endif
