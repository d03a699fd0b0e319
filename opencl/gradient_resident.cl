// Backward in one launch, where a set stays near its work-group: in local memory, or in the cache of a CPU's core.
//
// The blocks, lanes and formulas of gradient.cl, hence the same bits; but x and dy are read from memory once, and one
// launch instead of three or four is what small problems are made of.
//
//     resident  (PACKED 0)  a work-group takes one set: its teams share the blocks
//     packed    (PACKED 1)  every team takes whole sets, sets_per_team of them in turn
//
// WITH_PARAMETERS 1 gives it a group of channels, or sets_per_team of them for every team, in all samples: then it has all
// sums of their parameters, and merges them. With 0 gradient_of_parameters does so.
// KEEP_SET 1 copies x and dy of the set to local memory first.

#define GRADIENT_LIBRARY
#include "gradient.cl"
#include "keep.cl"

// 1 where a work-group takes its sets' groups in all samples, and makes the gradients of their parameters.
#ifndef WITH_PARAMETERS
#define WITH_PARAMETERS 0
#endif

// Parallel over: sets; WITH_PARAMETERS: groups.
// [in]  x, residual, dy        [samples, rows, groups, width]
// [in]  gamma, beta            [groups, width / run], or null
// [in]  mean, mean_rest, rstd  one real a set
// [out] partials               2 x stride reals: the sums of block b of set s at s * blocks + b
// [out] dx                     as x; may be dy
// [out] dgamma, dbeta          WITH_PARAMETERS: [groups, width / run]; either may be null
// local kept  2 x SETS_AT_A_TIME sets, as reals, with KEEP_SET; else one real that is not used
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_resident(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
                  __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
                  __global const real *mean_rest, __global const real *rstd, const real eps, __global real *partials,
                  const ulong stride, __global storage_t *dx, __global parameter_t *dgamma,
                  __global parameter_t *dbeta, const ulong samples, SETS_ARGUMENTS, RUNS_ARGUMENTS,
                  const uint sets_per_team, const ulong first_group, __local real *kept)
{
    DECLARE_TEAM(team);
    DECLARE_SETS(sets);
    DECLARE_RUNS(cut);
    DECLARE_TENSOR(tensor);
    const uint place = PACKED ? team.team : 0;
    const ulong set_size = sets.rows * sets.width;
    const uint offset_of_team = PACKED ? 0 : team.team;
    const uint step = PACKED ? 1 : TEAMS;
    // The sets of one round are this work-group's; every round has `count` for all work-groups.
    const ulong rounds = WITH_PARAMETERS ? samples : 1;
    const ulong count = WITH_PARAMETERS ? groups : samples * groups;
    const ulong first = (first_group + get_group_id(0)) * sets_per_team * SETS_AT_A_TIME;
    for (ulong round_ = 0; round_ < rounds; round_++) {
        for (uint i = 0; i < sets_per_team; i++) {
            const ulong of_round = first + i * SETS_AT_A_TIME + place;
            const int present = of_round < count;
            const ulong set = present ? round_ * count + of_round : 0;
            const ulong offset = set_offset(sets, set);
            const ulong first_param = first_parameter(sets, set);
            __global const parameter_t *gammas = gamma ? gamma + first_param : gamma;
            __global const parameter_t *betas = beta ? beta + first_param : beta;
            const set_gradient_t s = saved_statistics(mean, mean_rest, rstd, eps, set);
            const tensor_t global_set = tensor_at(tensor, offset);
#if KEEP_SET
            const uint member = PACKED ? team.item : (uint)get_local_id(0);
            __local real *own_set = kept + place * 2 * set_size;
            __local real *own_dy = own_set + set_size;
            if (present) {
                keep_set(global_set, own_set, sets, member);
                keep_elements(dy + offset, own_dy, sets, member);
            }
            barrier(CLK_LOCAL_MEM_FENCE);
#else
            const tensor_t own_set = global_set;
            __global const storage_t *own_dy = dy + offset;
#endif
            __global real *own_partials = partials + set * blocks;
            // A team whose set is absent has empty blocks, but goes round with the others.
            sums_of_blocks(own_set, own_dy, gammas, betas, present, sets, cut, s, 0, blocks, offset_of_team, step,
                           own_partials, stride, &team);
            barrier(CLK_GLOBAL_MEM_FENCE);
            runs_t there = cut;
            there.blocks = present ? blocks : 0;
            const set_gradient_t merged = merge_sums(own_partials, stride, there, gammas, set_size, s, &team);
            if (present) {
                input_gradient_of_blocks(own_set, own_dy, dx + offset, gammas, betas, sets, cut, merged, 0, blocks,
                                         offset_of_team, step, &team);
            }
            // The next set overwrites what is kept.
            barrier(CLK_LOCAL_MEM_FENCE);
        }
    }
#if WITH_PARAMETERS
    const ulong end = min(first + (ulong)sets_per_team * SETS_AT_A_TIME, groups);
    gradients_of_parameters(partials, stride, merge_of(cut, samples, groups), cut, first * runs, end * runs, dgamma,
                            dbeta, &team);
#endif
}
