// Backward along rows in one launch, for sets that stay in local memory or in the cache of a CPU core.
//
// Launch overhead dominates small tensors, so sums, merge and dx are fused, and x and dy are read from memory once.
// Blocks, lanes and formulas are those of gradient.cl, hence the same bits.
//
//     strategy resident  (PACKED 0)  a work-group takes one set at a time: its teams share the blocks
//     strategy packed    (PACKED 1)  each team takes whole sets, sets_per_team of them one after another
//
// KEEP_SET 1 copies x and dy of the set to local memory first.

#include "gradient_input.cl"
#include "gradient_parameters.cl"
#include "gradient_sets.cl"
#include "keep.cl"

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
// local kept                 KEEP_SET: 2 x SETS_AT_A_TIME sets, as reals; else one real that is not used
// local                      2 vectors of reals for each work-item, 4 bytes for each team
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_resident(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
                  __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
                  __global const real *mean_lo, __global const real *rstd, const real eps, __global real *partials,
                  const ulong stride, __global storage_t *dx, __global parameter_t *dgamma, __global parameter_t *dbeta,
                  const ulong samples, const ulong rows, const ulong groups, const ulong width, const ulong run,
                  const uint blocks, const uint runs, const uint per_run, const uint sets_per_team,
                  const ulong first_group, __local kept_t *kept)
{
    DECLARE_TEAM(team);
    const sets_t sets = sets_of(rows, groups, width, run);
    const gradient_cut_t cut = gradient_cut_of(blocks, runs, per_run);
    const tensor_t tensor = tensor_of(x, residual);
    const saved_t saved = saved_of(mean, mean_lo, rstd, eps);
    const uint place = PACKED ? team.team : 0;
    const index_t set_size = sets.rows * sets.width;
    const uint offset_of_team = PACKED ? 0 : team.team;
    const uint step = PACKED ? 1 : TEAMS;
    // A round is one sample WITH_PARAMETERS, else the whole tensor. `count` is the number of its sets.
    const index_t rounds = WITH_PARAMETERS ? (index_t)samples : 1;
    const index_t count = WITH_PARAMETERS ? sets.groups : (index_t)samples * sets.groups;
    RETURN_IF_IDLE(first_group)
    const index_t first = work_group(first_group) * sets_per_team * SETS_AT_A_TIME;
    for (index_t round_ = 0; round_ < rounds; round_++) {
        for (uint i = 0; i < sets_per_team; i++) {
            const index_t in_round = first + i * SETS_AT_A_TIME + place;
            const int present = in_round < count;
            const index_t set = present ? round_ * count + in_round : 0;
            const index_t offset = set_offset(sets, set);
            const index_t first_param = first_parameter(sets, set);
            const tensor_t global_set = tensor_at(tensor, offset);
#if KEEP_SET
            const uint member = PACKED ? team.item : (uint)get_local_id(0);
            __local real *own_set = (__local real *)kept + place * 2 * set_size;
            __local real *own_dy = own_set + set_size;
            if (present) {
                keep_set(global_set, own_set, sets, member);
                keep_elements(dy + offset, own_dy, sets, member);
            }
            GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
#else
            const tensor_t own_set = global_set;
            __global const storage_t *own_dy = dy + offset;
#endif
            operands_t operands = operands_of(own_set, own_dy, parameters_at(gamma, first_param),
                                              parameters_at(beta, first_param), saved_statistics(saved, set));
            __global real *own_partials = partials + set * blocks;
            // A team whose set is not present has empty blocks, but takes part in all group calls.
            sums_of_blocks(operands, present, sets, cut, 0, blocks, offset_of_team, step, own_partials, stride, &team);
            GROUP_BARRIER(CLK_GLOBAL_MEM_FENCE);
            gradient_cut_t own_cut = cut;
            own_cut.blocks = present ? blocks : 0;
            operands.set = merge_sums(own_partials, stride, own_cut, operands.gamma, set_size, operands.set, &team);
            if (present) {
                input_gradient_of_blocks(operands, dx + offset, sets, cut, 0, blocks, offset_of_team, step, &team);
            }
            // The next set overwrites the copies.
            GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
        }
    }
#if WITH_PARAMETERS
    const index_t end = min(first + (index_t)sets_per_team * SETS_AT_A_TIME, sets.groups);
    gradients_of_parameters(partials, stride, merge_of(cut, samples, groups), cut, first * runs, end * runs, dgamma,
                            dbeta, &team);
#endif
}
