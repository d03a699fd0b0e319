// Backward of the strategy split, along rows: sums of blocks, and dx. gradient_merges.cl runs between and after them.
//
// The formulas are in gradient_formulas.cl. There are no atomics: each block has a slot for its sums. Both kernels are in
// one file because they often share a program.

#include "gradient_blocks.cl"
#include "gradient_input.cl"

// The sums of the blocks of all sets.
// Parallel over: sets x parts; a work-group takes blocks_per_part blocks of one set, each of its teams one at a time.
// [in]  x, residual, dy      [samples, rows, groups, width]
// [in]  gamma, beta          [groups, width / run], or null
// [in]  mean, mean_lo, rstd  [sets]; see saved_t for what may be null
// [out] partials             2 x stride reals: the sums of block b of set s at s * blocks + b
// local                      2 vectors of reals for each work-item, 4 bytes for each team
// first_group is the number of the launch's first work-group among those of all launches of the tensor.
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_sums(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
              __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
              __global const real *mean_lo, __global const real *rstd, const real eps, __global real *partials,
              const ulong stride, const ulong rows, const ulong groups, const ulong width, const ulong run,
              const uint blocks, const uint runs, const uint per_run, const uint blocks_per_part, const uint parts,
              const ulong first_group)
{
    DECLARE_TEAM(team);
    const sets_t sets = sets_of(rows, groups, width, run);
    const gradient_cut_t cut = gradient_cut_of(blocks, runs, per_run);
    RETURN_IF_IDLE(first_group)
    const index_t group = work_group(first_group);
    const index_t set = group / parts;
    const uint first = (uint)(group % parts) * blocks_per_part;
    const index_t offset = set_offset(sets, set);
    const index_t first_param = first_parameter(sets, set);
    const operands_t operands = operands_of(tensor_at(tensor_of(x, residual), offset), dy + offset,
                                            parameters_at(gamma, first_param), parameters_at(beta, first_param),
                                            saved_statistics(saved_of(mean, mean_lo, rstd, eps), set));
    sums_of_blocks(operands, 1, sets, cut, first, min(first + blocks_per_part, blocks), team.team, TEAMS,
                   partials + set * blocks, stride, &team);
}

// dx of a tensor whose means are known. If statistics are GIVEN there are no means: g and g_of_xhat are null.
// Parallel over: sets x parts, those of gradient_sums.
// [in]  as gradient_sums and gradient_of_sets
// [out] dx  as x; may be dy
// local     none
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
input_gradient(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
               __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
               __global const real *mean_lo, __global const real *rstd, const real eps, __global const real *g,
               __global const real *g_of_xhat, __global storage_t *dx, const ulong rows, const ulong groups,
               const ulong width, const ulong run, const uint blocks, const uint runs, const uint per_run,
               const uint blocks_per_part, const uint parts, const ulong first_group)
{
    // No group call is made, so the team needs no local memory.
    team_t team;
    team.team = (uint)get_local_id(0) / TEAM;
    team.item = (uint)get_local_id(0) % TEAM;
    const sets_t sets = sets_of(rows, groups, width, run);
    const gradient_cut_t cut = gradient_cut_of(blocks, runs, per_run);
    RETURN_IF_IDLE(first_group)
    const index_t group = work_group(first_group);
    const index_t set = group / parts;
    const uint first = (uint)(group % parts) * blocks_per_part;
    const index_t offset = set_offset(sets, set);
    const index_t first_param = first_parameter(sets, set);
    set_gradient_t s = saved_statistics(saved_of(mean, mean_lo, rstd, eps), set);
#if STATISTICS != GIVEN
    s.g = g[set];
    s.g_of_xhat = g_of_xhat[set];
#endif
    const operands_t operands = operands_of(tensor_at(tensor_of(x, residual), offset), dy + offset,
                                            parameters_at(gamma, first_param), parameters_at(beta, first_param), s);
    input_gradient_of_blocks(operands, dx + offset, sets, cut, first, min(first + blocks_per_part, blocks), team.team,
                             TEAMS, &team);
}
