// Backward down the columns of a share (tiles.cl): the sums of blocks of columns, and dx.
//
// A block is one column of a tile: its sums of dz * xhat and of dz go from the first row to the last. A work-item holds
// vectors of neighbouring columns and needs no other work-item, and no barrier.

#ifndef CLNORM_GRADIENT_SHARES_CL
#define CLNORM_GRADIENT_SHARES_CL

#include "gradient_column.cl"

// The first `count` of VECTOR_WIDTH elements of dy from number `at` on, and 0 for the others, which are not read. See
// some_elements for ALIGNED.
CLNORM_INLINE realv some_gradients(__global const storage_t *dy, const ulong at, const uint count)
{
#if ALIGNED
    return count > 0 ? elements(dy + at) : (realv)(0);
#else
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = v < count ? element(dy + at + v) : (real)0;
    }
    return load_vector(part);
#endif
}

// A vector of elements of one row, and dz of them.
typedef struct {
    realv x, dz;
} row_operands_t;

// That of the columns `c` from the loaded elements of x and dy.
CLNORM_INLINE row_operands_t row_operands_of(const realv x, const realv dy, const gradient_column_t c)
{
    row_operands_t row;
    row.x = x;
#if ACTIVATION == NONE
    row.dz = dy;
#else
    row.dz = before_activation(dy, x, c.mean_hi, c.mean_lo, c.rstd, c.gamma, c.beta);
#endif
    return row;
}

// That from element `at` of the sample on. Whole vectors are loaded if `whole`, else `count` elements.
CLNORM_INLINE row_operands_t row_operands(const sample_t sample, const ulong at, const gradient_column_t c,
                                          const int whole, const uint count)
{
#if NEEDS_X
    const realv x = whole ? tensor_elements(sample.x, at) : some_elements(sample.x, at, count);
#else
    const realv x = (realv)(0);
#endif
    return row_operands_of(x, whole ? elements(sample.dy + at) : some_gradients(sample.dy, at, count), c);
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

#if ROWS_BY_FOUR
// The same from the loaded elements of x and dy.
CLNORM_INLINE void add_loaded_row(realv *product, realv *sum, const realv x, const realv dy, const gradient_column_t c,
                                  const uint count)
{
    add_row(product, sum, row_operands_of(x, dy, c), c, count);
}

// The elements of x and dy of four rows, all loaded before any is used (in_flight.cl).
typedef struct {
    four_t x, dy;
} four_rows_t;

// Those of the rows row .. row + 3 of a share.
CLNORM_INLINE four_rows_t four_rows_of_sample(const sample_t sample, const columns_t columns, const share_t share,
                                              const uint row)
{
    four_rows_t four;
#if NEEDS_X
    four.x = four_rows(sample.x, columns, share, row);
#else
    four.x = four_times((realv)(0));
#endif
    four.dy = four_of_elements(sample.dy, row_offset(columns, share, row) + share.column, columns.columns);
    return four;
}
#endif

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
    uint row = 0;
#if ROWS_BY_FOUR
    const uint q = share.column;
    const uint count = columns_before(q, columns.columns);
#if ROW_STATISTICS
    const int by_four = share.vectors > 0 && columns.short_rows == 1 && row_sets.per_row == 1;
    const ulong first_row = (ulong)share.tile * COLUMN_ROWS;
#else
    const int by_four = share.vectors > 0;
#endif
    for (; by_four && row + 4 <= share.safe; row += 4) {
        const four_rows_t four = four_rows_of_sample(sample, columns, share, row);
#if ROW_STATISTICS
        const set_gradient_t s0 = saved_statistics(sample.saved, first_row + row);
        const set_gradient_t s1 = saved_statistics(sample.saved, first_row + row + 1);
        const set_gradient_t s2 = saved_statistics(sample.saved, first_row + row + 2);
        const set_gradient_t s3 = saved_statistics(sample.saved, first_row + row + 3);
        add_loaded_row(product, sum, four.x.v0, four.dy.v0, gradient_column_of_set(sample, s0, q, columns.columns),
                       count);
        add_loaded_row(product, sum, four.x.v1, four.dy.v1, gradient_column_of_set(sample, s1, q, columns.columns),
                       count);
        add_loaded_row(product, sum, four.x.v2, four.dy.v2, gradient_column_of_set(sample, s2, q, columns.columns),
                       count);
        add_loaded_row(product, sum, four.x.v3, four.dy.v3, gradient_column_of_set(sample, s3, q, columns.columns),
                       count);
#else
        add_loaded_row(product, sum, four.x.v0, four.dy.v0, known[0], count);
        add_loaded_row(product, sum, four.x.v1, four.dy.v1, known[0], count);
        add_loaded_row(product, sum, four.x.v2, four.dy.v2, known[0], count);
        add_loaded_row(product, sum, four.x.v3, four.dy.v3, known[0], count);
#endif
    }
#endif
    for (; row < rows_of_share(share); row++) {
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

// dx of a vector of the columns `c`.
CLNORM_INLINE realv input_gradient_of_row(const row_operands_t row, const gradient_column_t c)
{
    const realv xhat = XHAT(row.x, c.mean_hi, c.mean_lo, c.rstd);
    return INPUT_GRADIENT(row.dz, xhat, c.gamma, c.rstd, c.g, c.g_of_xhat);
}

// dx of the columns `c` from element `at` of the sample on, the first `count` of a vector.
CLNORM_INLINE void input_gradient_of_row_vector(const sample_t sample, __global storage_t *dx, const ulong at,
                                                const gradient_column_t c, const uint count)
{
    const int whole = count == VECTOR_WIDTH && aligned_head(dx + at, VECTOR_WIDTH) == 0;
    const realv result = input_gradient_of_row(row_operands(sample, at, c, whole, count), c);
    if (whole) {
        store_output(result, dx + at);
    } else {
#if !ALIGNED
        real part[VECTOR_WIDTH];
        store_vector(result, part);
        ROLLED
        for (uint v = 0; v < count; v++) {
            store_element(part[v], dx + at + v);
        }
#endif
    }
}

// dx of a share.
CLNORM_INLINE void input_gradient_of_share(const sample_t sample, __global storage_t *dx, const columns_t columns,
                                           const share_t share, const gradient_column_t *known)
{
    uint row = 0;
// See affine_share for streaming stores.
#if ROWS_BY_FOUR && (ALIGNED || !defined(STREAMING_STORES))
    if (share.vectors > 0 && share.column + VECTOR_WIDTH <= columns.columns) {
        for (; row + 4 <= share.whole; row += 4) {
            __global storage_t *to = dx + row_offset(columns, share, row) + share.column;
            const four_rows_t four = four_rows_of_sample(sample, columns, share, row);
            const gradient_column_t c = known[0];
            store_output(input_gradient_of_row(row_operands_of(four.x.v0, four.dy.v0, c), c), to);
            to += columns.columns;
            store_output(input_gradient_of_row(row_operands_of(four.x.v1, four.dy.v1, c), c), to);
            to += columns.columns;
            store_output(input_gradient_of_row(row_operands_of(four.x.v2, four.dy.v2, c), c), to);
            to += columns.columns;
            store_output(input_gradient_of_row(row_operands_of(four.x.v3, four.dy.v3, c), c), to);
        }
    }
#endif
    for (; row < rows_of_share(share); row++) {
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
