// Normalizing down the columns of a share (tiles.cl): scale, shift and activation (formula: normalized.cl).
//
// A work-item keeps the moments and parameters of its columns while it walks down the rows, so no element costs a
// division.

#ifndef CLNORM_COLUMN_AFFINE_CL
#define CLNORM_COLUMN_AFFINE_CL

#include "activations.cl"
#include "normalized.cl"
#include "tiles.cl"

// The factors that normalize a vector of columns: a = rstd * gamma, b = beta.
typedef struct {
    realv mean_hi, mean_lo, a, b;
} affine_column_t;

// That of the columns from q on. `first_set` is the number of the sample's first set. Columns that do not exist take
// the parameters from the beginning of the row, and are not stored.
CLNORM_INLINE affine_column_t affine_column(const sets_t sets, const uint q, __global const parameter_t *gamma,
                                            __global const parameter_t *beta, __global const real *mean,
                                            __global const real *mean_lo, __global const real *rstd,
                                            __global const real *variance, const real eps, const ulong first_set)
{
    const uint width = (uint)sets.width;
    const uint row_length = (uint)row_stride(sets);
    const uint column = q % row_length;
    uint group = column / width;
    set_moments_t m = known_moments(mean, mean_lo, rstd, variance, eps, first_set + group);
    affine_column_t known;
    known.mean_hi = (realv)(m.mean_hi);
    known.mean_lo = (realv)(m.mean_lo);
    realv scale = (realv)(m.rstd);
    for (uint reach = width - column % width; reach < VECTOR_WIDTH; reach += width) {
        group = group + 1 == sets.groups ? 0 : group + 1;
        m = known_moments(mean, mean_lo, rstd, variance, eps, first_set + group);
        known.mean_hi = first_lanes(reach, known.mean_hi, (realv)(m.mean_hi));
        known.mean_lo = first_lanes(reach, known.mean_lo, (realv)(m.mean_lo));
        scale = first_lanes(reach, scale, (realv)(m.rstd));
    }
    if (sets.run == 1 && column + VECTOR_WIDTH <= row_length) {
        known.a = gamma ? scale * parameters(gamma + column) : scale;
        known.b = beta ? parameters(beta + column) : (realv)(0);
        return known;
    }
    real gammas[VECTOR_WIDTH], betas[VECTOR_WIDTH];
    uint at = column;
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        gammas[v] = gamma ? parameter(gamma + at / (uint)sets.run) : (real)1;
        betas[v] = beta ? parameter(beta + at / (uint)sets.run) : (real)0;
        at = at + 1 == row_length ? 0 : at + 1;
    }
    known.a = gamma ? scale * load_vector(gammas) : scale;
    known.b = load_vector(betas);
    return known;
}

// affine_column for all vectors of a share, unless `known` has those of its first column already (`known_column`): if a
// strip is a whole row, the next tile has the same columns. Returns the share's first column.
CLNORM_INLINE uint affine_columns_of_share(affine_column_t *known, const uint known_column, const share_t share,
                                           const sets_t sets, __global const parameter_t *gamma,
                                           __global const parameter_t *beta, __global const real *mean,
                                           __global const real *mean_lo, __global const real *rstd,
                                           __global const real *variance, const real eps, const ulong first_set)
{
    if (known_column != share.column) {
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k < share.vectors) {
                known[k] = affine_column(sets, share.column + k * VECTOR_STEP, gamma, beta, mean, mean_lo, rstd,
                                         variance, eps, first_set);
            }
        }
    }
    return share.column;
}

// Stores the results of x, the vector from element `at` of the sample on.
CLNORM_INLINE void store_affine_columns(const realv x, const target_t target, const ulong at, const affine_column_t c)
{
    store_results(activate(NORMALIZED(x, c.mean_hi, c.mean_lo, c.a, c.b)), x, target, at);
}

// Normalizes the columns from q on of one row, from element `at` of the sample on. The row's columns end at row_end.
CLNORM_INLINE void affine_row_vector(const tensor_t sample, const target_t target, const ulong at, const uint q,
                                     const uint row_end, const affine_column_t c)
{
    if (q + VECTOR_WIDTH <= row_end && aligned_head(target.y + at, VECTOR_WIDTH) == 0) {
        const realv x = tensor_elements(sample, at);
        store_affine_columns(x, target, at, c);
        return;
    }
#if !ALIGNED
    const uint count = columns_before(q, row_end);
    real part[VECTOR_WIDTH], result[VECTOR_WIDTH];
    const realv x = some_elements(sample, at, count);
    store_vector(x, part);
    store_vector(activate(NORMALIZED(x, c.mean_hi, c.mean_lo, c.a, c.b)), result);
    ROLLED
    for (uint v = 0; v < count; v++) {
        store_result(result[v], part[v], target, at + v);
    }
#endif
}

// Normalizes a share.
CLNORM_INLINE void affine_share(const tensor_t sample, const target_t target, const columns_t columns,
                                const share_t share, const affine_column_t *known)
{
    const ulong ahead = rows_ahead(columns);
    uint row = 0;
// The rows of a tensor that is not ALIGNED begin anywhere, and streaming stores do not.
#if ROWS_BY_FOUR && (ALIGNED || !defined(STREAMING_STORES))
    if (share.vectors > 0 && share.column + VECTOR_WIDTH <= columns.end) {
        for (; row + 4 <= share.whole; row += 4) {
            const ulong at = row_offset(columns, share, row) + share.column;
            const four_t x = four_rows(sample, columns, share, row);
            store_affine_columns(x.v0, target, at, known[0]);
            store_affine_columns(x.v1, target, at + columns.columns, known[0]);
            store_affine_columns(x.v2, target, at + 2 * (ulong)columns.columns, known[0]);
            store_affine_columns(x.v3, target, at + 3 * (ulong)columns.columns, known[0]);
        }
    }
#endif
    for (; row < rows_of_share(share); row++) {
        const ulong offset = row_offset(columns, share, row) + share.column;
        const uint row_end = row < share.whole ? columns.end : share.ragged;
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k >= share.vectors) {
                break;
            }
            const ulong at = offset + k * VECTOR_STEP;
            prefetch_tensor(sample, at + ahead);
            prefetch_target(target, at + ahead);
            affine_row_vector(sample, target, at, share.column + k * VECTOR_STEP, row_end, known[k]);
        }
    }
}

#endif
