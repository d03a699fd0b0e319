// dgamma and dbeta, merged from the sums of the blocks that share a parameter.
//
// The sums are compensated sums in 64 lanes (compensated.cl), sample after sample and in the order of the blocks. Sums
// of blocks (partials) lie as [samples, groups, blocks], and the blocks of a set as [rows, runs, per_run].

#ifndef CLNORM_GRADIENT_PARAMETERS_CL
#define CLNORM_GRADIENT_PARAMETERS_CL

#include "compensated.cl"
#include "gradient_blocks.cl"

// 1 if a single work-item merges the sums of VECTOR_WIDTH parameters at a time. For at most LANES sums of a parameter.
#ifndef SIDE_BY_SIDE
#define SIDE_BY_SIDE 0
#endif

// The shape of the sums.
typedef struct {
    index_t samples, groups;
    uint rows; // of blocks in a set; 1 across rows
} merge_t;

CLNORM_INLINE merge_t merge_of(const gradient_cut_t cut, const ulong samples, const ulong groups)
{
    merge_t merge;
    merge.samples = (index_t)samples;
    merge.groups = (index_t)groups;
    merge.rows = cut.blocks / cut.runs / cut.per_run;
    return merge;
}

// Stores the gradients of parameter number `number`. dgamma and dbeta may be null.
CLNORM_INLINE void store_parameters(const real product, const real sum, __global parameter_t *dgamma,
                                    __global parameter_t *dbeta, const ulong number)
{
    if (dgamma) {
        store_parameter(product, dgamma + number);
    }
    if (dbeta) {
        store_parameter(sum, dbeta + number);
    }
}

#if SIDE_BY_SIDE

// Folds the sums of VECTOR_WIDTH parameters, `count` vectors, by the tree of fold_compensated: sum[i] is lane i.
CLNORM_INLINE realv fold_side_by_side(realv *sum, const uint count)
{
    realv error[LANES];
    for (uint i = 0; i < count; i++) {
        error[i] = (realv)(0);
    }
    for (uint half_ = LANES / 2; half_ > 0; half_ /= 2) {
        for (uint i = 0; i < half_ && i + half_ < count; i++) {
            fold_pair(sum + i, error + i, sum[i + half_], error[i + half_]);
        }
    }
    // As in fold_compensated: the error of an infinite sum is NaN, and a sum of -0 is 0.
    const realv total = sum[0] + error[0];
    return isinf(sum[0]) ? sum[0] : total;
}

// Where the sums of VECTOR_WIDTH parameters from number `at` on begin in a sample. Those after the last one, number
// `count`, take its sums, and are not stored.
CLNORM_INLINE void starts_of_parameters(const gradient_cut_t cut, const ulong at, const uint count, ulong *from)
{
    ulong group = at / cut.runs;
    uint run = (uint)(at % cut.runs);
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        from[v] = group * cut.blocks + (ulong)run * cut.per_run;
        if (v + 1 < count) {
            run++;
            if (run == cut.runs) {
                run = 0;
                group++;
            }
        }
    }
}

// One sum of each of VECTOR_WIDTH parameters, at values[from[v]]. `together` if these are successive.
CLNORM_INLINE realv load_side_by_side(__global const real *values, const ulong *from, const int together)
{
    if (together) {
        return load_vector(values + from[0]);
    }
    real part[VECTOR_WIDTH];
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = values[from[v]];
    }
    return load_vector(part);
}

// dgamma and dbeta of the parameters first .. end, by a single work-item.
CLNORM_INLINE void gradients_side_by_side(__global const real *partials, const ulong stride, const merge_t merge,
                                          const gradient_cut_t cut, const ulong first, const ulong end,
                                          __global parameter_t *dgamma, __global parameter_t *dbeta)
{
    for (ulong at = first; at < end; at += VECTOR_WIDTH) {
        const uint parameters_here = (uint)min(end - at, (ulong)VECTOR_WIDTH);
        ulong from[VECTOR_WIDTH];
        starts_of_parameters(cut, at, parameters_here, from);
        const int together = parameters_here == VECTOR_WIDTH && from[VECTOR_WIDTH - 1] == from[0] + VECTOR_WIDTH - 1;
        realv products[LANES], sums[LANES];
        uint count = 0;
        for (ulong sample = 0; sample < merge.samples; sample++) {
            for (uint row = 0; row < merge.rows; row++) {
                for (uint in_run = 0; in_run < cut.per_run; in_run++) {
                    __global const real *values = partials + sample * merge.groups * cut.blocks +
                                                  (ulong)row * cut.runs * cut.per_run + in_run;
                    products[count] = load_side_by_side(values, from, together);
                    sums[count] = load_side_by_side(values + stride, from, together);
                    count++;
                }
            }
        }
        real lane_products[VECTOR_WIDTH], lane_sums[VECTOR_WIDTH];
        store_vector(fold_side_by_side(products, count), lane_products);
        store_vector(fold_side_by_side(sums, count), lane_sums);
        for (uint v = 0; v < parameters_here; v++) {
            store_parameters(lane_products[v], lane_sums[v], dgamma, dbeta, at + v);
        }
    }
}

#else

// Where the sum of block `in_run` of run `run` lies among the partials. `row` counts the rows of blocks of all samples.
CLNORM_INLINE index_t place_of_sum(const merge_t merge, const gradient_cut_t cut, const index_t group,
                                   const index_t row, const uint run, const index_t in_run)
{
    return (row / merge.rows * merge.groups + group) * cut.blocks +
           ((row % merge.rows) * cut.runs + run) * cut.per_run + in_run;
}

// VECTOR_WIDTH sums of a parameter from number `at` on, of `count` sums: dz * xhat and dz. 0 after the last one.
CLNORM_INLINE void load_sums(__global const real *partials, const ulong stride, const merge_t merge,
                             const gradient_cut_t cut, const index_t group, const uint run, const index_t at,
                             const index_t count, realv *product, realv *sum)
{
    *product = (realv)(0);
    *sum = (realv)(0);
    if (at < count) {
        const index_t row = at / cut.per_run;
        const uint in_run = (uint)(at % cut.per_run);
        const index_t from = place_of_sum(merge, cut, group, row, run, in_run);
        if (in_run + VECTOR_WIDTH <= cut.per_run) {
            *product = load_vector(partials + from);
            *sum = load_vector(partials + stride + from);
        } else {
            real some_products[VECTOR_WIDTH], some_sums[VECTOR_WIDTH];
            ROLLED
            for (uint v = 0; v < VECTOR_WIDTH; v++) {
                const index_t one = at + v;
                const index_t place = place_of_sum(merge, cut, group, one / cut.per_run, run, one % cut.per_run);
                some_products[v] = one < count ? partials[place] : (real)0;
                some_sums[v] = one < count ? partials[stride + place] : (real)0;
            }
            *product = load_vector(some_products);
            *sum = load_vector(some_sums);
        }
    }
}

// dgamma and dbeta of parameter number `number`, by a team, for any number of sums. A team without a parameter passes
// number >= end. A group call.
CLNORM_INLINE void gradient_of_parameter(__global const real *partials, const ulong stride, const merge_t merge,
                                         const gradient_cut_t cut, const index_t number, const index_t end,
                                         __global parameter_t *dgamma, __global parameter_t *dbeta, const team_t *team)
{
    const index_t group = number / cut.runs;
    const uint run = (uint)(number % cut.runs);
    const index_t count = number < end ? merge.samples * merge.rows * cut.per_run : 0;
    realv products[HELD], product_errors[HELD], sums[HELD], sum_errors[HELD];
    clear_lanes(products, product_errors);
    clear_lanes(sums, sum_errors);
    index_t base = 0;
#if MERGED_AT_ONCE > 1
    for (; base + MERGED_AT_ONCE * LANES <= count; base += MERGED_AT_ONCE * LANES) {
        realv product[MERGED_AT_ONCE], sum[MERGED_AT_ONCE];
#pragma unroll
        for (uint u = 0; u < MERGED_AT_ONCE; u++) {
            load_sums(partials, stride, merge, cut, group, run, base + u * LANES + lane_of(team, 0), count, product + u,
                      sum + u);
        }
#pragma unroll
        for (uint u = 0; u < MERGED_AT_ONCE; u++) {
            add_compensated(products, product_errors, product[u]);
            add_compensated(sums, sum_errors, sum[u]);
        }
    }
#endif
    for (; base < count; base += LANES) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            realv product, sum;
            load_sums(partials, stride, merge, cut, group, run, base + lane_of(team, k), count, &product, &sum);
            add_compensated(products + k, product_errors + k, product);
            add_compensated(sums + k, sum_errors + k, sum);
        }
    }
    const real product = fold_compensated(products, product_errors, team);
    const real sum = fold_compensated(sums, sum_errors, team);
    if (number < end && team->item == 0) {
        store_parameters(product, sum, dgamma, dbeta, number);
    }
}

#endif

// dgamma and dbeta of the parameters first .. end, by a work-group. A group call.
CLNORM_INLINE void gradients_of_parameters(__global const real *partials, const ulong stride, const merge_t merge,
                                           const gradient_cut_t cut, const index_t first, const index_t end,
                                           __global parameter_t *dgamma, __global parameter_t *dbeta,
                                           const team_t *team)
{
#if SIDE_BY_SIDE
    gradients_side_by_side(partials, stride, merge, cut, first, end, dgamma, dbeta);
#else
    for (index_t number = first; number < end; number += TEAMS) {
        gradient_of_parameter(partials, stride, merge, cut, number + team->team, end, dgamma, dbeta, team);
    }
#endif
}

#endif
