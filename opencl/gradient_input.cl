// dx along rows, from the statistics and means of a set:
//
//     dx = rstd * (g - mean(g) - xhat * mean(g * xhat)),  or rstd * g if statistics were given
//
// dx may be dy: elements are read before dx overwrites them.

#ifndef CLNORM_GRADIENT_INPUT_CL
#define CLNORM_GRADIENT_INPUT_CL

#include "gradient_blocks.cl"

// Vectors per iteration, all of them read before any is written. A single work-item takes one with an activation: its
// arithmetic is long enough, and takes long to compile.
#if ACTIVATION == NONE || TEAM > 1
#define AT_ONCE 4
#else
#define AT_ONCE 1
#endif

// dx of VECTOR_WIDTH elements of a block.
CLNORM_INLINE realv input_gradient_of_operands(const operands_t block, const vector_operands_t v)
{
    const set_gradient_t s = block.set;
    const realv xhat = XHAT(v.x, (realv)(s.mean_hi), (realv)(s.mean_lo), (realv)(s.rstd));
    return INPUT_GRADIENT(v.dz, xhat, v.gamma, (realv)(s.rstd), (realv)(s.g), (realv)(s.g_of_xhat));
}

// dx of VECTOR_WIDTH elements of a block from number `at` on.
CLNORM_INLINE realv input_gradient_of_vector(const operands_t block, const uint at)
{
    return input_gradient_of_operands(block, vector_at(block, at));
}

// dx of one element of a block.
CLNORM_INLINE real input_gradient_of_element(const operands_t block, const uint at)
{
    const set_gradient_t s = block.set;
    const element_operands_t e = element_at(block, at);
    const real xhat = XHAT(e.x, s.mean_hi, s.mean_lo, s.rstd);
    return INPUT_GRADIENT(e.dz, xhat, e.gamma, s.rstd, s.g, s.g_of_xhat);
}

// dx of a block of n elements, by the work-items of a team. `ahead` is the distance of prefetches.
CLNORM_INLINE void input_gradient_of_block(const operands_t operands, __global storage_t *dx, const uint n,
                                           const ulong ahead, const team_t *team)
{
    const uint head = (uint)aligned_head(dx, n);
    const uint end = head + (n - head) / VECTOR_WIDTH * VECTOR_WIDTH;
    const operands_t block = with_run_parameters(operands);
    // The elements before the first vector and after the last one. A single work-item computes two vectors that
    // overlap the others, before dx overwrites what they read. Other teams go element by element.
#if TEAM == 1 && VECTOR_WIDTH > 1
    const int overlapping = n >= VECTOR_WIDTH;
#else
    const int overlapping = 0;
#endif
    realv at_ends[2];
    for (uint e = 0; e < (overlapping ? 2u : 0u); e++) {
        if (e == 0 ? head > 0 : end < n) {
            at_ends[e] = input_gradient_of_vector(block, e == 0 ? 0 : n - VECTOR_WIDTH);
        }
    }
    uint at = head + team->item * VECTOR_WIDTH;
    for (; at + (AT_ONCE - 1) * TEAM * VECTOR_WIDTH < end; at += AT_ONCE * TEAM * VECTOR_WIDTH) {
#if TEAM > 1
        const uint step = TEAM * VECTOR_WIDTH;
        const four_operands_t four = four_at(block, at, step);
        store_output(input_gradient_of_operands(block, ONE_OF_FOUR(block, four, v0)), dx + at);
        store_output(input_gradient_of_operands(block, ONE_OF_FOUR(block, four, v1)), dx + at + step);
        store_output(input_gradient_of_operands(block, ONE_OF_FOUR(block, four, v2)), dx + at + 2 * step);
        store_output(input_gradient_of_operands(block, ONE_OF_FOUR(block, four, v3)), dx + at + 3 * step);
#else
        realv result[AT_ONCE];
#pragma unroll
        for (uint u = 0; u < AT_ONCE; u++) {
            prefetch_output(dx + at + u * TEAM * VECTOR_WIDTH + ahead);
            prefetch_source(block.x, at + u * TEAM * VECTOR_WIDTH + ahead);
            prefetch_gradient(block.dy, at + u * TEAM * VECTOR_WIDTH + ahead);
            result[u] = input_gradient_of_vector(block, at + u * TEAM * VECTOR_WIDTH);
        }
#pragma unroll
        for (uint u = 0; u < AT_ONCE; u++) {
            store_output(result[u], dx + at + u * TEAM * VECTOR_WIDTH);
        }
#endif
    }
#if AT_ONCE > 1
    for (; at < end; at += TEAM * VECTOR_WIDTH) {
        prefetch_output(dx + at + ahead);
        store_output(input_gradient_of_vector(block, at), dx + at);
    }
#endif
    if (overlapping) {
        if (head > 0) {
            store_elements(at_ends[0], dx);
        }
        if (end < n) {
            store_elements(at_ends[1], dx + n - VECTOR_WIDTH);
        }
    } else {
#if !ALIGNED
        const uint rest = n - (end - head);
        for (uint i = team->item; i < rest; i += TEAM) {
            const uint one = i + (i < head ? 0 : end - head);
            store_element(input_gradient_of_element(block, one), dx + one);
        }
#endif
    }
}

// dx of the blocks first .. end of a set, stretch by stretch from the last to the first (see STRETCH_BLOCKS). A team
// takes each `step`-th block of a stretch, from its `offset`-th on. dx points to the set, and has rows row_stride
// apart.
CLNORM_INLINE void input_gradient_of_blocks(const operands_t set, __global storage_t *dx, const sets_t sets,
                                            const gradient_cut_t cut, const uint first, const uint end,
                                            const uint offset, const uint step, const team_t *team)
{
    const ulong ahead = distance_ahead(sets, WRITE_AHEAD);
    for (uint stretch = (end - first + STRETCH_BLOCKS - 1) / STRETCH_BLOCKS; stretch-- > 0;) {
        const uint to = min(first + (stretch + 1) * STRETCH_BLOCKS, end);
        const uint from = first + stretch * STRETCH_BLOCKS + offset;
        block_t block = block_of(sets, cut, min(from, to - 1));
        for (uint number = from; number < to; number += step) {
            const ulong target = block.offset + block.row * (row_stride(sets) - source_row_stride(sets));
            input_gradient_of_block(operands_at(set, block.offset, block.param), dx + target, block.n, ahead, team);
            block = next_block(sets, cut, block, min(number + step, to - 1), step);
        }
    }
}

#endif
