// Backward along rows in one launch, for sets that fit the registers of a work-group: memory is read once.
//
// Blocks, lanes and formulas are those of gradient_resident.cl, hence the same bits. Each team holds one block
// (register_gradients.cl).
//
//     strategy resident  (PACKED 0)  a work-group takes one set at a time, of at most TEAMS blocks
//     strategy packed    (PACKED 1)  each team takes whole sets of one block, sets_per_team of them one after another

// A set has at most TEAMS blocks: too few to load several at once in a merge.
#define BLOCKS_SPACE __global

#include "gradient_parameters.cl"
#include "gradient_sets.cl"
#include "keep.cl"
#include "register_gradients.cl"

// 1 if a work-group takes its groups in all samples: it then has all sums of their parameters, and computes dgamma and
// dbeta. If 0, gradient_of_parameters computes them.
#ifndef WITH_PARAMETERS
#define WITH_PARAMETERS 0
#endif

// Parallel over: sets; WITH_PARAMETERS: groups.
// [in]  x, residual, dy      [samples, rows, groups, width]
// [in]  gamma, beta          [groups, width / run], or null
// [in]  mean, mean_lo, rstd  [sets]; see saved_t for what may be null
// [out] partials             2 x stride reals: the sums of block b of set s at s * blocks + b
// [out] dx                   as x; may be dy
// [out] dgamma, dbeta        WITH_PARAMETERS: [groups, width / run]; either may be null
// local                      2 vectors of reals for each work-item, 4 bytes for each team
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_registers(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
                   __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
                   __global const real *mean_lo, __global const real *rstd, const real eps, __global real *partials,
                   const ulong stride, __global storage_t *dx, __global parameter_t *dgamma,
                   __global parameter_t *dbeta, const ulong samples, const ulong rows, const ulong groups,
                   const ulong width, const ulong run, const uint blocks, const uint runs, const uint per_run,
                   const uint sets_per_team, const ulong first_group)
{
    DECLARE_TEAM(team);
    const sets_t sets = sets_of(rows, groups, width, run);
    const gradient_cut_t cut = gradient_cut_of(blocks, runs, per_run);
    const tensor_t tensor = tensor_of(x, residual);
    const saved_t saved = saved_of(mean, mean_lo, rstd, eps);
    const uint place = PACKED ? team.team : 0;
    // The block of this team.
    const uint number = PACKED ? 0 : team.team;
    const block_t block = block_of(sets, cut, min(number, blocks - 1));
    // A round is one sample WITH_PARAMETERS, else the whole tensor. `count` is the number of its sets.
    const index_t rounds = WITH_PARAMETERS ? (index_t)samples : 1;
    const index_t count = WITH_PARAMETERS ? sets.groups : (index_t)samples * sets.groups;
    RETURN_IF_IDLE(first_group)
    const index_t first = work_group(first_group) * sets_per_team * SETS_AT_A_TIME;
    for (index_t round_ = 0; round_ < rounds; round_++) {
        for (uint i = 0; i < sets_per_team; i++) {
            const index_t in_round = first + i * SETS_AT_A_TIME + place;
            const int present = in_round < count;
            const int has_block = present && number < blocks;
            const uint n = has_block ? block.n : 0;
            const index_t set = present ? round_ * count + in_round : 0;
            const index_t offset = set_offset(sets, set);
            const index_t first_param = first_parameter(sets, set);
            const operands_t of_set = operands_of(tensor_at(tensor, offset), dy + offset,
                                                  parameters_at(gamma, first_param), parameters_at(beta, first_param),
                                                  saved_statistics(saved, set));
            operands_t operands = with_run_parameters(operands_at(of_set, block.offset, block.param));
            const end_vector_t end = end_vector_of(n, &team);
            register_gradient_t held;
            load_register_gradient(&held, operands, n, end, &team);
            // A team without a block takes part in all group calls.
            real product, sum;
            sums_of_register_gradient(&held, operands, n, end, &team, &product, &sum);
            __global real *own_partials = partials + set * blocks;
            if (has_block && team.item == 0) {
                own_partials[number] = product;
                own_partials[stride + number] = sum;
            }
            GROUP_BARRIER(CLK_GLOBAL_MEM_FENCE);
            gradient_cut_t own_cut = cut;
            own_cut.blocks = present ? blocks : 0;
            operands.set = merge_sums(own_partials, stride, own_cut, of_set.gamma, sets.rows * sets.width, operands.set,
                                      &team);
            store_register_gradient(&held, operands, n, end, dx + offset + block.offset, &team);
        }
    }
#if WITH_PARAMETERS
    const index_t end = min(first + (index_t)sets_per_team * SETS_AT_A_TIME, sets.groups);
    gradients_of_parameters(partials, stride, merge_of(cut, samples, groups), cut, first * runs, end * runs, dgamma,
                            dbeta, &team);
#endif
}
