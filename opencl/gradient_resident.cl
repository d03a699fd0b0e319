// Backward in one launch, where a set stays near its work-group: in local memory, or in the cache of a CPU's core.
//
// The blocks, lanes and formulas of gradient.cl, hence the same bits; but x and dy are read from memory once, and one
// launch instead of three is what small problems are made of. The sums of blocks go to global memory all the same:
// gradient_of_parameters merges those of all samples.
//
//     resident  (PACKED 0)  a work-group takes one set: its teams share the blocks
//     packed    (PACKED 1)  every team takes whole sets, sets_per_team of them in turn
//
// KEEP_SET 1 copies x and dy of the set to local memory first.

#define GRADIENT_LIBRARY
#include "gradient.cl"
#include "keep.cl"

// Parallel over: sets.
// [in]  x, residual, dy        [samples, rows, groups, width]; `count` sets
// [in]  gamma, beta            [groups, width / run], or null
// [in]  mean, mean_rest, rstd  one real a set
// [out] partials               2 x stride reals: the sums of block b of set s at s * blocks + b
// [out] dx                     as x; may be dy
// local kept  2 x SETS_AT_A_TIME sets, as reals, with KEEP_SET; else one real that is not used
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_resident(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
                  __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
                  __global const real *mean_rest, __global const real *rstd, const real eps, __global real *partials,
                  const ulong stride, __global storage_t *dx, const ulong count, SETS_ARGUMENTS, RUNS_ARGUMENTS,
                  const uint sets_per_team, const ulong first_group, __local real *kept)
{
    DECLARE_TEAM(team);
    DECLARE_SETS(sets);
    DECLARE_RUNS(cut);
    DECLARE_TENSOR(tensor);
    const uint place = PACKED ? team.team : 0;
    const ulong group = first_group + get_group_id(0);
    const ulong set_size = sets.rows * sets.width;
    const uint offset_of_team = PACKED ? 0 : team.team;
    const uint step = PACKED ? 1 : TEAMS;
    for (uint i = 0; i < sets_per_team; i++) {
        const ulong set = (group * sets_per_team + i) * SETS_AT_A_TIME + place;
        const int present = set < count;
        const ulong offset = present ? set_offset(sets, set) : 0;
        const ulong first_param = present ? first_parameter(sets, set) : 0;
        __global const parameter_t *gammas = gamma ? gamma + first_param : gamma;
        __global const parameter_t *betas = beta ? beta + first_param : beta;
        const set_gradient_t s = saved_statistics(mean, mean_rest, rstd, eps, present ? set : 0);
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
        __global real *own_partials = partials + (present ? set : 0) * blocks;
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
