// Backward down the columns of a share (tiles.cl): the sums of blocks of columns, and dx.
//
// A block is one column of a tile: its sums of dz * xhat and of dz go from the first row to the last. A work-item holds
// vectors of neighbouring columns and needs no other work-item, and no barrier.

#ifndef CLNORM_GRADIENT_SHARES_CL
#define CLNORM_GRADIENT_SHARES_CL

#include "gradient_column.cl"

// The first `count` of VECTOR_WIDTH elements of dy from number `at` on, and 0 for the others, which are not read.
CLNORM_INLINE realv some_gradients(__global const storage_t *dy, const ulong at, const uint count)
{
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = v < count ? element(dy + at + v) : (real)0;
    }
    return load_vector(part);
}

// A vector of elements of one row, and dz of them.
typedef struct {
    realv x, dz;
} row_operands_t;

// That of the columns `c` from element `at` of the sample on. Whole vectors are loaded if `whole`, else `count`
// elements.
CLNORM_INLINE row_operands_t row_operands(const sample_t sample, const ulong at, const gradient_column_t c,
                                          const int whole, const uint count)
{
    row_operands_t row;
#if NEEDS_X
    row.x = whole ? tensor_elements(sample.x, at) : some_elements(sample.x, at, count);
#else
    row.x = (realv)(0);
#endif
    const realv dy = whole ? elements(sample.dy + at) : some_gradients(sample.dy, at, count);
#if ACTIVATION == NONE
    row.dz = dy;
#else
    row.dz = before_activation(dy, row.x, c.mean_hi, c.mean_lo, c.rstd, c.gamma, c.beta);
#endif
    return row;
}

// Adds the first `count` columns of a vector of one row to the sums of its columns.
CLNORM_INLINE void add_row(realv *product, realv *sum, const row_operands_t row, const gradient_column_t c,
                           const uint count)
{
#if NEEDS_X
    const realv products = multiply_add(row.dz, XHAT(row.x, c.mean_hi, c.mean_lo, c.rstd), *product);
    *product = count == VECTOR_WIDTH ? products : first_lanes(count, products, *product);
#endif
    *sum = count == VECTOR_WIDTH ? *sum + row.dz : first_lanes(count, *sum + row.dz, *sum);
}

// Adds one row of a share to the sums of its columns. `known` has these, or with ROW_STATISTICS row_sets tells their
// sets.
CLNORM_INLINE void add_row_of_share(realv *product, realv *sum, const sample_t sample, const columns_t columns,
                                    const share_t share, const uint row, const gradient_column_t *known,
                                    const row_sets_t row_sets, const uint row_length)
{
    const ulong offset = row_offset(columns, share, row);
    const uint row_end = row < share.whole ? columns.columns : share.ragged;
#if ROW_STATISTICS
    const ulong short_row = ((ulong)share.tile * COLUMN_ROWS + row) * columns.short_rows;
    const int one_set = columns.short_rows == 1 && row_sets.per_row == 1;
    const set_gradient_t statistics = saved_statistics(sample.saved, one_set ? short_row : 0);
#endif
    UNROLL_VECTORS
    for (uint k = 0; k < STRIP_VECTORS; k++) {
        if (k >= share.vectors) {
            break;
        }
        const uint q = share.column + k * VECTOR_STEP;
        const uint count = columns_before(q, row_end);
#if ROW_STATISTICS
        const gradient_column_t c = one_set ? gradient_column_of_set(sample, statistics, q, row_end)
                                            : gradient_column_of_row(sample, row_sets, row_length, q, short_row);
#else
        const gradient_column_t c = known[k];
#endif
        add_row(product + k, sum + k, row_operands(sample, offset + q, c, row < share.safe, count), c, count);
    }
}

// Stores the sums of the columns from q on. See tiles.cl for the numbers of blocks.
CLNORM_INLINE void store_sums(__global real *partials, const ulong stride, const columns_t columns, const share_t share,
                              const uint row_length, const uint q, const realv product, const realv sum)
{
    real products[VECTOR_WIDTH], sums[VECTOR_WIDTH];
    store_vector(product, products);
    store_vector(sum, sums);
    const uint count = columns_before(q, columns.columns);
    ROLLED
    for (uint v = 0; v < count; v++) {
        const uint short_row = (q + v) / row_length;
        const uint column = (q + v) % row_length;
        const ulong block = ((ulong)column * columns.tiles + share.tile) * columns.short_rows + short_row;
        partials[block] = products[v];
        partials[stride + block] = sums[v];
    }
}

// The sums of the columns of a share, stored among those of its sample. For `known` and row_sets see add_row_of_share.
CLNORM_INLINE void sums_of_share(const sample_t sample, __global real *partials, const ulong stride,
                                 const columns_t columns, const share_t share, const gradient_column_t *known,
                                 const row_sets_t row_sets, const uint row_length)
{
    realv product[STRIP_VECTORS], sum[STRIP_VECTORS];
    UNROLL_VECTORS
    for (uint k = 0; k < STRIP_VECTORS; k++) {
        product[k] = (realv)(0);
        sum[k] = (realv)(0);
    }
    for (uint row = 0; row < rows_of_share(share); row++) {
        add_row_of_share(product, sum, sample, columns, share, row, known, row_sets, row_length);
    }
    UNROLL_VECTORS
    for (uint k = 0; k < STRIP_VECTORS; k++) {
        if (k < share.vectors) {
            store_sums(partials, stride, columns, share, row_length, share.column + k * VECTOR_STEP, product[k],
                       sum[k]);
        }
    }
}

// dx of the columns `c` from element `at` of the sample on, the first `count` of a vector.
CLNORM_INLINE void input_gradient_of_row_vector(const sample_t sample, __global storage_t *dx, const ulong at,
                                                const gradient_column_t c, const uint count)
{
    const int whole = count == VECTOR_WIDTH && aligned_head(dx + at, VECTOR_WIDTH) == 0;
    const row_operands_t row = row_operands(sample, at, c, whole, count);
    const realv xhat = XHAT(row.x, c.mean_hi, c.mean_lo, c.rstd);
    const realv result = INPUT_GRADIENT(row.dz, xhat, c.gamma, c.rstd, c.g, c.g_of_xhat);
    if (whole) {
        store_output(result, dx + at);
    } else {
        real part[VECTOR_WIDTH];
        store_vector(result, part);
        ROLLED
        for (uint v = 0; v < count; v++) {
            store_element(part[v], dx + at + v);
        }
    }
}

// dx of a share.
CLNORM_INLINE void input_gradient_of_share(const sample_t sample, __global storage_t *dx, const columns_t columns,
                                           const share_t share, const gradient_column_t *known)
{
    for (uint row = 0; row < rows_of_share(share); row++) {
        const ulong offset = row_offset(columns, share, row);
        const uint row_end = row < share.whole ? columns.columns : share.ragged;
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k >= share.vectors) {
                break;
            }
            const uint q = share.column + k * VECTOR_STEP;
            input_gradient_of_row_vector(sample, dx, offset + q, known[k], columns_before(q, row_end));
        }
    }
}

#endif
