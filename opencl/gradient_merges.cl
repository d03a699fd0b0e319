// Backward of the strategy split: the merges of the blocks' sums, which gradient.cl and gradient_columns.cl store.
//
// All merges go in the order of the blocks. The kernels read sums and parameters alone, so programs of all types,
// activations and statistics share them: they are in a file of their own because a driver compiles whole files.

#include "gradient_parameters.cl"
#include "gradient_sets.cl"

// The means that dx takes, of all sets.
// Parallel over: sets; a work-group of one team merges one.
// [in]  partials      as gradient_sums and gradient_sums_of_columns store them
// [in]  gamma         [groups, width / run], or null
// [out] g, g_of_xhat  [sets]: mean(g), mean(g * xhat)
// local               2 vectors of reals for each work-item, 4 bytes for each team
// first_group is the number of the launch's first work-group among those of all launches of the tensor.
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_of_sets(__global const real *partials, __global const parameter_t *gamma, __global real *g,
                 __global real *g_of_xhat, const ulong stride, const ulong rows, const ulong groups, const ulong width,
                 const ulong run, const uint blocks, const uint runs, const uint per_run, const ulong first_group)
{
    DECLARE_TEAM(team);
    const sets_t sets = sets_of(rows, groups, width, run);
    const gradient_cut_t cut = gradient_cut_of(blocks, runs, per_run);
    RETURN_IF_IDLE(first_group)
    const index_t set = work_group(first_group);
    const set_gradient_t no_statistics = {0, 0, 0, 0, 0};
    const set_gradient_t merged = merge_sums(partials + set * blocks, stride, cut,
                                             parameters_at(gamma, first_parameter(sets, set)), rows * width,
                                             no_statistics, &team);
    if (get_local_id(0) == 0) {
        g[set] = merged.g;
        g_of_xhat[set] = merged.g_of_xhat;
    }
}

// dgamma and dbeta, from the sums of all blocks.
// Parallel over: parameters; a work-group of one team takes `each` of them.
// [in]  partials       as gradient_sums and gradient_sums_of_columns store them: [samples, groups, blocks], twice
// [out] dgamma, dbeta  [groups, runs]; either may be null
// local                as gradient_of_sets
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_of_parameters(__global const real *partials, const ulong stride, const ulong samples, const ulong groups,
                       const uint blocks, const uint runs, const uint per_run, __global parameter_t *dgamma,
                       __global parameter_t *dbeta, const uint each, const ulong first_group)
{
    DECLARE_TEAM(team);
    const gradient_cut_t cut = gradient_cut_of(blocks, runs, per_run);
    RETURN_IF_IDLE(first_group)
    const index_t first = work_group(first_group) * each;
    gradients_of_parameters(partials, stride, merge_of(cut, samples, groups), cut, first,
                            min(first + each, (index_t)groups * runs), dgamma, dbeta, &team);
}
