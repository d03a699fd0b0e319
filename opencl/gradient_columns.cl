// Backward across rows: gradient.cl for sets that have a few elements in each of many rows, and for the parameters of
// LayerNorm, which every row has one element of.
//
// A block is one column over COLUMN_ROWS rows (tiles.cl): its sums of dz * xhat and of dz are taken from the first row to
// the last. gradient.cl merges them to a set's means and to the parameters' gradients.
//
// ROW_STATISTICS 1: the tensor is one sample whose rows are the sets (or rows of several sets), each with statistics of its
// own, and every column is a parameter: the gradients of parameters of [samples][1][groups][width] with runs of 1, seen as
// [1][samples][groups * width][1].

#ifndef CLNORM_GRADIENT_COLUMNS_CL
#define CLNORM_GRADIENT_COLUMNS_CL

#define GRADIENT_LIBRARY
#include "gradient.cl"
#include "tiles.cl"

#ifndef ROW_STATISTICS
#define ROW_STATISTICS 0
#endif

// VECTOR_WIDTH elements of dy of which the first `count` are wanted; 0 for the others.
CLNORM_INLINE realv some_gradients(__global const storage_t *dy, const ulong at, const uint count)
{
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = v < count ? element(dy + at + v) : (real)0;
    }
    return load_vector(part);
}

// The parameters at .. at + VECTOR_WIDTH of n; 0 for those from n on.
CLNORM_INLINE realv some_parameters(__global const parameter_t *values, const uint at, const uint n)
{
    if (at + VECTOR_WIDTH <= n) {
        return parameters(values + at);
    }
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < n ? parameter(values + at + v) : (real)0;
    }
    return load_vector(part);
}

// The statistics and parameters of VECTOR_WIDTH columns.
typedef struct {
    realv hi, lo, rstd; // of their sets
    realv gamma, beta;
    realv g, g_of_xhat; // as in set_gradient_t
} column_t;

// Those of one column after another.
typedef struct {
    real hi[VECTOR_WIDTH], lo[VECTOR_WIDTH], rstd[VECTOR_WIDTH], gamma[VECTOR_WIDTH], beta[VECTOR_WIDTH];
    real g[VECTOR_WIDTH], g_of_xhat[VECTOR_WIDTH];
} column_lanes_t;

CLNORM_INLINE column_t column_of_lanes(const column_lanes_t *lanes)
{
    column_t column;
    column.hi = load_vector(lanes->hi);
    column.lo = load_vector(lanes->lo);
    column.rstd = load_vector(lanes->rstd);
    column.gamma = load_vector(lanes->gamma);
    column.beta = load_vector(lanes->beta);
    column.g = load_vector(lanes->g);
    column.g_of_xhat = load_vector(lanes->g_of_xhat);
    return column;
}

// The columns from q on of a sample whose first set is `first_set`; g and g_of_xhat may be null. Columns that do not exist
// take what those at the row's beginning have, and are not stored.
CLNORM_INLINE column_t columns_at(const sets_t sets, const uint row_length, const uint q, const ulong first_set,
                                  __global const parameter_t *gamma, __global const parameter_t *beta,
                                  __global const real *mean, __global const real *mean_rest,
                                  __global const real *rstd, const real eps, __global const real *g,
                                  __global const real *g_of_xhat)
{
    column_lanes_t lanes;
    uint column = q % row_length;
    uint of_row = column / (uint)sets.width;
    uint of_group = column % (uint)sets.width;
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        const ulong set = first_set + of_row;
        const set_gradient_t s = saved_statistics(mean, mean_rest, rstd, eps, set);
        const ulong param = sets.run == 1 ? column
                                          : (ulong)of_row * (uint)(sets.width / sets.run) + of_group / (uint)sets.run;
        lanes.hi[v] = s.mean_hi;
        lanes.lo[v] = s.mean_lo;
        lanes.rstd[v] = s.rstd;
        lanes.gamma[v] = gamma ? parameter(gamma + param) : (real)1;
        lanes.beta[v] = beta ? parameter(beta + param) : (real)0;
        lanes.g[v] = g ? g[set] : (real)0;
        lanes.g_of_xhat[v] = g_of_xhat ? g_of_xhat[set] : (real)0;
        column++;
        of_group++;
        if (of_group == sets.width) {
            of_group = 0;
            of_row++;
        }
        if (column == row_length) {
            column = 0;
            of_row = 0;
        }
    }
    return column_of_lanes(&lanes);
}

#if ROW_STATISTICS
// The columns from q on of a long row, every row of which has statistics of its own: `per_row` sets of `set_width` columns.
CLNORM_INLINE column_t columns_of_row(const uint row_length, const uint q, const ulong row, const ulong rows,
                                      const uint per_row, const uint set_width, __global const parameter_t *gamma,
                                      __global const parameter_t *beta, __global const real *mean,
                                      __global const real *mean_rest, __global const real *rstd, const real eps)
{
    column_lanes_t lanes;
    uint column = q % row_length;
    ulong its_row = row + q / row_length;
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        // Rows behind the last one have no elements; any statistics will do.
        const ulong set = min(its_row, rows - 1) * per_row + column / set_width;
        const set_gradient_t s = saved_statistics(mean, mean_rest, rstd, eps, set);
        lanes.hi[v] = s.mean_hi;
        lanes.lo[v] = s.mean_lo;
        lanes.rstd[v] = s.rstd;
        lanes.gamma[v] = gamma ? parameter(gamma + column) : (real)1;
        lanes.beta[v] = beta ? parameter(beta + column) : (real)0;
        lanes.g[v] = 0;
        lanes.g_of_xhat[v] = 0;
        column++;
        if (column == row_length) {
            column = 0;
            its_row++;
        }
    }
    return column_of_lanes(&lanes);
}
#endif

// Adds a vector of one row, of which the first `there` columns are wanted.
CLNORM_INLINE void add_row(realv *product, realv *sum, const realv x, const realv dy, const column_t c, const uint there)
{
    const realv dz = BEFORE_ACTIVATION(dy, x, c.hi, c.lo, c.rstd * c.gamma, c.beta);
#if NEEDS_X
    const realv products = multiply_add(dz, XHAT(x, c.hi, c.lo, c.rstd), *product);
    *product = there == VECTOR_WIDTH ? products : first_lanes(there, products, *product);
#endif
    *sum = there == VECTOR_WIDTH ? *sum + dz : first_lanes(there, *sum + dz, *sum);
}

// Stores the sums of the columns at q: the blocks of a column lie side by side.
CLNORM_INLINE void store_sums(__global real *partials, const ulong stride, const columns_t columns, const share_t share,
                              const uint row_length, const uint q, const realv product, const realv sum)
{
    real products[VECTOR_WIDTH], sums[VECTOR_WIDTH];
    store_vector(product, products);
    store_vector(sum, sums);
    const uint there = columns_before(q, columns.columns);
    ROLLED
    for (uint v = 0; v < there; v++) {
        const uint lane = (q + v) / row_length;
        const uint column = (q + v) % row_length;
        const ulong block = ((ulong)column * columns.tiles + share.tile) * columns.lanes + lane;
        partials[block] = products[v];
        partials[stride + block] = sums[v];
    }
}

// The sums of all blocks of all columns.
// Parallel over: samples x parts; a work-group takes shares_per_part shares, each of its teams one at a time. A share is
// a tile of COLUMN_ROWS long rows by a strip of STRIP columns.
// [in]  x, residual, dy        [samples, rows, groups, width]
// [in]  gamma, beta            [groups, width / run], or null
// [in]  mean, mean_rest, rstd  one real a set; ROW_STATISTICS: sets_per_row of each row, of set_width columns each
// [out] partials               2 x stride reals: the sums of block b of sample n at n * columns * tiles + b
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_sums_of_columns(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
                         __global const parameter_t *gamma, __global const parameter_t *beta,
                         __global const real *mean, __global const real *mean_rest, __global const real *rstd,
                         const real eps, __global real *partials, const ulong stride, SETS_ARGUMENTS,
                         COLUMNS_ARGUMENTS, const uint sets_per_row, const uint set_width, const ulong shares_per_part,
                         const ulong parts, const ulong first_group)
{
    DECLARE_SETS(sets);
    DECLARE_COLUMNS(columns);
    DECLARE_TENSOR(tensor);
    const uint item = (uint)get_local_id(0) % TEAM;
    const ulong group = first_group + get_group_id(0);
    const ulong sample = group / parts;
    const uint row_length = (uint)row_stride(sets);
    const ulong first = group % parts * shares_per_part;
    const ulong end = min(first + shares_per_part, (ulong)strips * tiles);
    const tensor_t own = tensor_at(tensor, sample * columns.size);
    __global const storage_t *own_dy = dy + sample * columns.size;
    __global real *own_partials = partials + sample * columns.columns * tiles;
#if !ROW_STATISTICS
    column_t known[STRIP_VECTORS];
    uint known_column = UINT_MAX;
#endif
    for (ulong number = first + (uint)get_local_id(0) / TEAM; number < end; number += TEAMS) {
        const share_t share = share_of(columns, number, item);
        realv product[STRIP_VECTORS], sum[STRIP_VECTORS];
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            product[k] = (realv)(0);
            sum[k] = (realv)(0);
        }
#if !ROW_STATISTICS
        // The next tile has the same columns where a strip is a whole row.
        if (known_column != share.column) {
            known_column = share.column;
            UNROLL_VECTORS
            for (uint k = 0; k < STRIP_VECTORS; k++) {
                if (k < share.vectors) {
                    known[k] = columns_at(sets, row_length, share.column + k * VECTOR_STEP, sample * groups, gamma, beta,
                                          mean, mean_rest, rstd, eps, 0, 0);
                }
            }
        }
#endif
        for (uint row = 0; row < share.whole + (share.ragged > 0 ? 1 : 0); row++) {
            const ulong row_offset = share.offset + (ulong)row * columns.columns;
            const uint row_end = row < share.whole ? columns.columns : share.ragged;
#if ROW_STATISTICS
            const ulong true_row = ((ulong)share.tile * COLUMN_ROWS + row) * columns.lanes;
            // Whole rows of one set: the same statistics for all columns.
            const int one_set = columns.lanes == 1 && sets_per_row == 1;
            const set_gradient_t of_row = saved_statistics(mean, mean_rest, rstd, eps, one_set ? true_row : 0);
#endif
            UNROLL_VECTORS
            for (uint k = 0; k < STRIP_VECTORS; k++) {
                if (k >= share.vectors) {
                    break;
                }
                const uint q = share.column + k * VECTOR_STEP;
                const ulong at = row_offset + q;
                const uint there = columns_before(q, row_end);
                const int safe = row < share.safe;
#if NEEDS_X
                const realv from = safe ? tensor_elements(own, at) : some_elements(own, at, there);
#else
                const realv from = (realv)(0);
#endif
                const realv back = safe ? elements(own_dy + at) : some_gradients(own_dy, at, there);
#if ROW_STATISTICS
                column_t c;
                if (one_set) {
                    c.hi = (realv)(of_row.mean_hi);
                    c.lo = (realv)(of_row.mean_lo);
                    c.rstd = (realv)(of_row.rstd);
#if ACTIVATION != NONE
                    c.gamma = gamma ? some_parameters(gamma, q, row_end) : (realv)(1);
                    c.beta = beta ? some_parameters(beta, q, row_end) : (realv)(0);
#endif
                } else {
                    c = columns_of_row(row_length, q, true_row, rows, sets_per_row, set_width, gamma, beta, mean,
                                       mean_rest, rstd, eps);
                }
                add_row(product + k, sum + k, from, back, c, there);
#else
                add_row(product + k, sum + k, from, back, known[k], there);
#endif
            }
        }
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k < share.vectors) {
                store_sums(own_partials, stride, columns, share, row_length, share.column + k * VECTOR_STEP, product[k],
                           sum[k]);
            }
        }
    }
}

// dx of a tensor whose sets' means are known; where statistics are GIVEN there are none, and g and g_of_xhat are null.
// Parallel over: samples x parts, those of gradient_sums_of_columns.
// [in]  as gradient_sums_of_columns and gradient_of_sets
// [out] dx  as x; may be dy
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
input_gradient_of_columns(__global const storage_t *x, __global const storage_t *residual,
                          __global const storage_t *dy, __global const parameter_t *gamma,
                          __global const parameter_t *beta, __global const real *mean, __global const real *mean_rest,
                          __global const real *rstd, const real eps, __global const real *g,
                          __global const real *g_of_xhat, __global storage_t *dx, SETS_ARGUMENTS, COLUMNS_ARGUMENTS,
                          const ulong shares_per_part, const ulong parts, const ulong first_group)
{
    DECLARE_SETS(sets);
    DECLARE_COLUMNS(columns);
    DECLARE_TENSOR(tensor);
    const uint item = (uint)get_local_id(0) % TEAM;
    const ulong group = first_group + get_group_id(0);
    const ulong sample = group / parts;
    const uint row_length = (uint)row_stride(sets);
    const ulong first = group % parts * shares_per_part;
    const ulong end = min(first + shares_per_part, (ulong)strips * tiles);
    const tensor_t own = tensor_at(tensor, sample * columns.size);
    __global const storage_t *own_dy = dy + sample * columns.size;
    __global storage_t *own_dx = dx + sample * columns.size;
    column_t known[STRIP_VECTORS];
    uint known_column = UINT_MAX;
    for (ulong number = first + (uint)get_local_id(0) / TEAM; number < end; number += TEAMS) {
        const share_t share = share_of(columns, number, item);
        if (known_column != share.column) {
            known_column = share.column;
            UNROLL_VECTORS
            for (uint k = 0; k < STRIP_VECTORS; k++) {
                if (k < share.vectors) {
                    known[k] = columns_at(sets, row_length, share.column + k * VECTOR_STEP, sample * groups, gamma, beta,
                                          mean, mean_rest, rstd, eps, g, g_of_xhat);
                }
            }
        }
        for (uint row = 0; row < share.whole + (share.ragged > 0 ? 1 : 0); row++) {
            const ulong row_offset = share.offset + (ulong)row * columns.columns;
            const uint row_end = row < share.whole ? columns.columns : share.ragged;
            UNROLL_VECTORS
            for (uint k = 0; k < STRIP_VECTORS; k++) {
                if (k >= share.vectors) {
                    break;
                }
                const column_t c = known[k];
                const uint q = share.column + k * VECTOR_STEP;
                const ulong at = row_offset + q;
                const uint there = columns_before(q, row_end);
                const int inside = there == VECTOR_WIDTH && aligned_head(own_dx + at, VECTOR_WIDTH) == 0;
#if NEEDS_X
                const realv from = inside ? tensor_elements(own, at) : some_elements(own, at, there);
#else
                const realv from = (realv)(0);
#endif
                const realv back = inside ? elements(own_dy + at) : some_gradients(own_dy, at, there);
                const realv dz = BEFORE_ACTIVATION(back, from, c.hi, c.lo, c.rstd * c.gamma, c.beta);
                const realv xhat = XHAT(from, c.hi, c.lo, c.rstd);
                const realv result = INPUT_GRADIENT(dz, xhat, c.gamma, c.rstd, c.g, c.g_of_xhat);
                if (inside) {
                    store_output(result, own_dx + at);
                } else {
                    real part[VECTOR_WIDTH];
                    store_vector(result, part);
                    ROLLED
                    for (uint v = 0; v < there; v++) {
                        store_element(part[v], own_dx + at + v);
                    }
                }
            }
        }
    }
}

#endif
