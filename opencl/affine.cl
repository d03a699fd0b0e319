// Phase 2 of the strategy split, along rows: normalize, scale and shift, activation.
//
//     y = activation(((x - mean_hi) - mean_lo) * (rstd * gamma) + beta)

#include "row_affine.cl"
#include "set_moments.cl"

// Normalizes a tensor. STATISTICS says where the moments of the sets come from (normalized.cl).
// Parallel over: sets x parts of blocks_per_part blocks, the parts of moments_of_blocks.
// [in]  x, residual  [samples, rows, groups, width]
// [in]  gamma, beta  [groups, width / run], or null
// [in]  moments      BLOCKS: as moments_of_blocks stores them
// [in]  mean, mean_lo, rstd  MERGED: as moments_of_sets stores them
// [in]  mean, variance       GIVEN: [sets]
// [out] mean, mean_lo, rstd, variance  BLOCKS: [sets]; mean_lo and variance may be null
// [out] y, sum       as x
// local              BLOCKS: 2 vectors of reals for each work-item, 4 bytes for each team
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
affine(__global const storage_t *x, __global const storage_t *residual, __global storage_t *y, __global storage_t *sum,
       __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *moments,
       __global real *mean, __global real *mean_lo, __global real *rstd, __global real *variance, const ulong stride,
       const ulong rows, const ulong groups, const ulong width, const ulong run, const uint blocks, const uint period,
       const uint full, const uint fuller, const real more, const real less, const real unit, const uint blocks_of_set,
       const uint blocks_per_row, const uint blocks_per_part, const uint parts, const uint items_per_run,
       const real eps, const ulong first_group)
{
    const sets_t sets = sets_of(rows, groups, width, run);
    RETURN_IF_IDLE(first_group)
    const index_t group = work_group(first_group);
    const index_t set = group / parts;
    const uint part = (uint)(group % parts);
#if STATISTICS == BLOCKS
    DECLARE_TEAM(team);
    const cut_t cut = cut_of(blocks, period, full, fuller, more, less, unit);
    const set_moments_t m = merge_blocks(moments + set * blocks, stride, cut, rows * width, eps, &team);
    if (part == 0 && get_local_id(0) == 0) {
        store_moments(m, set, mean, mean_lo, rstd, variance);
    }
#else
    const set_moments_t m = known_moments(mean, mean_lo, rstd, variance, eps, set);
#endif
    const uint first = part * blocks_per_part;
    const index_t offset = set_offset(sets, set);
    const index_t first_param = first_parameter(sets, set);
    affine_blocks(tensor_at(tensor_of(x, residual), offset), target_at(target_of(y, sum), offset), sets, blocks_per_row,
                  first, min(first + blocks_per_part, blocks_of_set), parameters_at(gamma, first_param),
                  parameters_at(beta, first_param), m, (uint)get_local_id(0), WORK_GROUP_SIZE, items_per_run);
}
