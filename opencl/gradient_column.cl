// What backward needs of columns (tiles.cl): statistics, parameters and means.
//
// A work-item keeps these of its columns while it walks down the rows.
//
// With ROW_STATISTICS 1 the tensor is the LayerNorm tensor [samples][1][groups][width] seen as one sample of `samples`
// rows, [1][samples][groups * width][1]. Each row is one set, or several, with its own statistics, and each column
// is a parameter. If each sample has parameters of its own, the samples stay apart: [samples][groups][width][1].

#ifndef CLNORM_GRADIENT_COLUMN_CL
#define CLNORM_GRADIENT_COLUMN_CL

#include "gradient_formulas.cl"
#include "tiles.cl"

// 1 if each row has its own statistics. See above.
#ifndef ROW_STATISTICS
#define ROW_STATISTICS 0
#endif

// What backward of a sample reads. g and g_of_xhat are the means of sets for dx, or null.
typedef struct {
    tensor_t x;
    __global const storage_t *dy;
    __global const parameter_t *gamma, *beta;
    saved_t saved;
    __global const real *g, *g_of_xhat;
} sample_t;

CLNORM_INLINE sample_t sample_of(const tensor_t x, __global const storage_t *dy, __global const parameter_t *gamma,
                                 __global const parameter_t *beta, const saved_t saved, __global const real *g,
                                 __global const real *g_of_xhat)
{
    sample_t sample;
    sample.x = x;
    sample.dy = dy;
    sample.gamma = gamma;
    sample.beta = beta;
    sample.saved = saved;
    sample.g = g;
    sample.g_of_xhat = g_of_xhat;
    return sample;
}

// The statistics of sample number `sample` of ROW_STATISTICS, whose rows are one set each. Without parameters of each
// sample there is one sample.
#if ROW_STATISTICS && PARAMETER_SCOPE == PER_SET
CLNORM_INLINE saved_t saved_of_sample(const saved_t saved, const ulong rows, const ulong sample)
{
    saved_t moved = saved;
    moved.mean = saved.mean ? saved.mean + sample * rows : saved.mean;
    moved.mean_lo = saved.mean_lo ? saved.mean_lo + sample * rows : saved.mean_lo;
    moved.rstd += sample * rows;
    return moved;
}
#else
#define saved_of_sample(saved, rows, sample) saved
#endif

// With ROW_STATISTICS, the sets of a row: per_row sets of `width` columns each.
typedef struct {
    ulong rows;
    uint per_row, width;
} row_sets_t;

// VECTOR_WIDTH parameters from number `at` on, of n. 0 after the last one.
CLNORM_INLINE realv some_parameters(__global const parameter_t *values, const uint at, const uint n)
{
    if (at + VECTOR_WIDTH <= n) {
        return parameters(values + at);
    }
#if ALIGNED
    return (realv)(0);
#else
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < n ? parameter(values + at + v) : (real)0;
    }
    return load_vector(part);
#endif
}

// The statistics, parameters and means of VECTOR_WIDTH columns.
typedef struct {
    realv mean_hi, mean_lo, rstd, gamma, beta, g, g_of_xhat;
} gradient_column_t;

// The same, to be set column by column.
typedef struct {
    real mean_hi[VECTOR_WIDTH], mean_lo[VECTOR_WIDTH], rstd[VECTOR_WIDTH], gamma[VECTOR_WIDTH], beta[VECTOR_WIDTH];
    real g[VECTOR_WIDTH], g_of_xhat[VECTOR_WIDTH];
} column_values_t;

CLNORM_INLINE void set_column(column_values_t *values, const uint v, const set_gradient_t s, const real gamma,
                              const real beta, const real g, const real g_of_xhat)
{
    values->mean_hi[v] = s.mean_hi;
    values->mean_lo[v] = s.mean_lo;
    values->rstd[v] = s.rstd;
    values->gamma[v] = gamma;
    values->beta[v] = beta;
    values->g[v] = g;
    values->g_of_xhat[v] = g_of_xhat;
}

CLNORM_INLINE gradient_column_t column_of_values(const column_values_t *values)
{
    gradient_column_t column;
    column.mean_hi = load_vector(values->mean_hi);
    column.mean_lo = load_vector(values->mean_lo);
    column.rstd = load_vector(values->rstd);
    column.gamma = load_vector(values->gamma);
    column.beta = load_vector(values->beta);
    column.g = load_vector(values->g);
    column.g_of_xhat = load_vector(values->g_of_xhat);
    return column;
}

// The columns from q on. `first_set` is the number of the sample's first set. Columns that do not exist take the values
// from the beginning of the row, and are not stored.
CLNORM_INLINE gradient_column_t gradient_column(const sample_t sample, const sets_t sets, const uint row_length,
                                                const uint q, const ulong first_set)
{
    column_values_t values;
    uint column = q % row_length;
    uint group = column / (uint)sets.width;
    uint in_group = column % (uint)sets.width;
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        const ulong set = first_set + group;
        const ulong param = sets.run == 1 ? column
                                          : (ulong)group * (uint)(sets.width / sets.run) + in_group / (uint)sets.run;
        set_column(&values, v, saved_statistics(sample.saved, set), gamma_at(sample.gamma, param),
                   beta_at(sample.beta, param), sample.g ? sample.g[set] : (real)0,
                   sample.g_of_xhat ? sample.g_of_xhat[set] : (real)0);
        column++;
        in_group++;
        if (in_group == sets.width) {
            in_group = 0;
            group++;
        }
        if (column == row_length) {
            column = 0;
            group = 0;
        }
    }
    return column_of_values(&values);
}

// gradient_column for all vectors of a share, unless `known` has those of its first column already (`known_column`): if
// a strip is a whole row, the next tile has the same columns. Returns the share's first column.
CLNORM_INLINE uint gradient_columns_of_share(gradient_column_t *known, const uint known_column, const share_t share,
                                             const sample_t sample, const sets_t sets, const uint row_length,
                                             const ulong first_set)
{
    if (known_column != share.column) {
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k < share.vectors) {
                known[k] = gradient_column(sample, sets, row_length, share.column + k * VECTOR_STEP, first_set);
            }
        }
    }
    return share.column;
}

#if ROW_STATISTICS
// The columns from q on of the long row that begins with row `row`.
CLNORM_INLINE gradient_column_t gradient_column_of_row(const sample_t sample, const row_sets_t row_sets,
                                                       const uint row_length, const uint q, const ulong row)
{
    column_values_t values;
    uint column = q % row_length;
    ulong own_row = row + q / row_length;
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        // Rows after the last one have no elements: they may take any statistics.
        const ulong set = min(own_row, row_sets.rows - 1) * row_sets.per_row + column / row_sets.width;
        set_column(&values, v, saved_statistics(sample.saved, set), gamma_at(sample.gamma, column),
                   beta_at(sample.beta, column), 0, 0);
        column++;
        if (column == row_length) {
            column = 0;
            own_row++;
        }
    }
    return column_of_values(&values);
}

// The columns from q on of a long row that is one set, whose statistics are `s`. The row's columns end at row_end.
CLNORM_INLINE gradient_column_t gradient_column_of_set(const sample_t sample, const set_gradient_t s, const uint q,
                                                       const uint row_end)
{
    gradient_column_t column;
    column.mean_hi = (realv)(s.mean_hi);
    column.mean_lo = (realv)(s.mean_lo);
    column.rstd = (realv)(s.rstd);
    // Only the derivative of an activation takes them.
#if ACTIVATION != NONE
    column.gamma = sample.gamma ? some_parameters(sample.gamma, q, row_end) : (realv)(1);
    column.beta = sample.beta ? some_parameters(sample.beta, q, row_end) : (realv)(0);
#endif
    return column;
}
#endif

#endif
