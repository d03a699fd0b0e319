// Where the elements of a set lie, for every operation and layout.
//
// A set has one mean and one variance. A tensor is [samples][rows][groups][width]: set (n, g) is `rows` rows of `width`
// successive elements each.
//
//     group_norm, instance_norm, channels first   rows 1        groups G   width C/G * S
//     group_norm, instance_norm, channels last    rows S        groups G   width C/G
//     layer_norm, rms_norm                        rows 1        groups 1   width D
//     batch_norm, channels first                  rows N        groups C   width S          samples 1
//     batch_norm, channels last                   rows N * S    groups C   width 1          samples 1
//
// A run is `run` successive elements of a row that share one gamma and one beta, such as the S elements of a channel.
// PARAMETER_SCOPE says which sets share them: the rows of set (n, g) use the parameters from p * (width / run) on, where
//
//     PER_GROUP   p = g, in all samples
//     PER_SET     p = n * groups + g. Channels last, with parameters of each sample
//     PER_SAMPLE  p = n. Rows of D elements, with parameters of each sample: groups is the number of a sample's rows
//
// With channels first, parameters of each sample need no scope: all sets are then groups of one sample.

#ifndef CLNORM_SETS_CL
#define CLNORM_SETS_CL

#include "cache.cl"
#include "fixed_grid.cl"
#include "in_flight.cl"

#define PER_GROUP 0
#define PER_SET 1
#define PER_SAMPLE 2
#ifndef PARAMETER_SCOPE
#define PARAMETER_SCOPE PER_GROUP
#endif

// 1 adds a tensor of the shape and type of x to x before anything else.
#ifndef RESIDUAL
#define RESIDUAL 0
#endif

// 1 also stores x + residual.
#ifndef SUM
#define SUM 0
#endif

// 1 keeps a copy of the work-group's set in local memory (keep.cl).
#ifndef KEEP_SET
#define KEEP_SET 0
#endif

// 1 if the tensor has fewer than 2^31 elements: indices are then of 32 bits, which GPUs compute with in a fraction of the
// instructions. Changes no bit.
#ifndef NARROW
#define NARROW 0
#endif
#if NARROW
typedef uint index_t;
#else
typedef ulong index_t;
#endif

// The number of this work-group among those of all launches of a tensor.
CLNORM_INLINE index_t work_group(const ulong first_group)
{
    return (index_t)(FIRST_GROUP(first_group) + get_group_id(0));
}

// The last blocks of a work-group are normalized first, in stretches of this many blocks. They were read last: of a
// part that is larger than a cache, they are still in it. Changes no bit.
#define STRETCH_BLOCKS 64

// The shape of the sets, as above.
typedef struct {
    index_t rows, groups, width, run;
} sets_t;

CLNORM_INLINE sets_t sets_of(const ulong rows, const ulong groups, const ulong width, const ulong run)
{
    sets_t sets;
    sets.rows = (index_t)rows;
    sets.groups = (index_t)groups;
    sets.width = (index_t)width;
    sets.run = (index_t)run;
    return sets;
}

// Elements from one row of a set to the next: those of all groups.
CLNORM_INLINE index_t row_stride(const sets_t sets)
{
    return sets.groups * sets.width;
}

// The first element of set number `set`.
CLNORM_INLINE index_t set_offset(const sets_t sets, const index_t set)
{
    return (set / sets.groups * sets.rows * sets.groups + set % sets.groups) * sets.width;
}

// The first gamma of set number `set`.
CLNORM_INLINE index_t first_parameter(const sets_t sets, const index_t set)
{
#if PARAMETER_SCOPE == PER_SET
    return set * (sets.width / sets.run);
#elif PARAMETER_SCOPE == PER_SAMPLE
    return set / sets.groups * (sets.width / sets.run);
#else
    return set % sets.groups * (sets.width / sets.run);
#endif
}

// A pointer to parameters moved by `offset`. Null remains null.
CLNORM_INLINE __global const parameter_t *parameters_at(__global const parameter_t *values, const ulong offset)
{
    return values ? values + offset : values;
}

// The parameters of all groups of sample number `sample`, for work across rows.
#if PARAMETER_SCOPE == PER_SET
#define parameters_of_sample(values, sets, sample)                                                                     \
    parameters_at(values, (sample) * (sets).groups * ((sets).width / (sets).run))
#else
#define parameters_of_sample(values, sets, sample) values
#endif

// An input tensor in global memory: x, or x + residual.
typedef struct {
    __global const storage_t *x;
#if RESIDUAL
    __global const storage_t *residual;
#endif
} tensor_t;

CLNORM_INLINE tensor_t tensor_of(__global const storage_t *x, __global const storage_t *residual)
{
    tensor_t tensor;
    tensor.x = x;
#if RESIDUAL
    tensor.residual = residual;
#endif
    return tensor;
}

// The tensor from element `offset` on.
CLNORM_INLINE tensor_t tensor_at(const tensor_t tensor, const ulong offset)
{
    tensor_t moved = tensor;
    moved.x += offset;
#if RESIDUAL
    moved.residual += offset;
#endif
    return moved;
}

// Element number `at`.
CLNORM_INLINE real tensor_element(const tensor_t tensor, const ulong at)
{
#if RESIDUAL
    return element(tensor.x + at) + element(tensor.residual + at);
#else
    return element(tensor.x + at);
#endif
}

// VECTOR_WIDTH elements from number `at` on.
CLNORM_INLINE realv tensor_elements(const tensor_t tensor, const ulong at)
{
#if RESIDUAL
    return elements(tensor.x + at) + elements(tensor.residual + at);
#else
    return elements(tensor.x + at);
#endif
}

#if WORK_GROUP_SIZE > 1
// The same as four_of_elements, of a tensor.
CLNORM_INLINE four_t four_of_tensor(const tensor_t tensor, const ulong at, const ulong step)
{
    four_t four;
    four.v0 = tensor_elements(tensor, at);
    four.v1 = tensor_elements(tensor, at + step);
    four.v2 = tensor_elements(tensor, at + 2 * step);
    four.v3 = tensor_elements(tensor, at + 3 * step);
    return four;
}
#endif

CLNORM_INLINE void prefetch_tensor(const tensor_t tensor, const ulong at)
{
    prefetch_input(tensor.x + at);
#if RESIDUAL
    prefetch_input(tensor.residual + at);
#endif
}

// What a kernel's pointer to a copy points to: drivers align local memory to this type.
#if ALIGNED
typedef realv kept_t;
#else
typedef real kept_t;
#endif

// The elements of one set: a tensor in global memory, or with KEEP_SET a copy in local memory, as reals, row after row.
#if KEEP_SET
typedef __local const real *source_t;
#else
typedef tensor_t source_t;
#endif

CLNORM_INLINE source_t source_at(const source_t source, const ulong offset)
{
#if KEEP_SET
    return source + offset;
#else
    return tensor_at(source, offset);
#endif
}

CLNORM_INLINE real source_element(const source_t source, const ulong at)
{
#if KEEP_SET
    return source[at];
#else
    return tensor_element(source, at);
#endif
}

CLNORM_INLINE realv source_elements(const source_t source, const ulong at)
{
#if KEEP_SET
    return load_aligned(__local, REAL_NAME, source + at);
#else
    return tensor_elements(source, at);
#endif
}

#if WORK_GROUP_SIZE > 1
// The same as four_of_elements, of a source.
CLNORM_INLINE four_t four_of_source(const source_t source, const ulong at, const ulong step)
{
    four_t four;
    four.v0 = source_elements(source, at);
    four.v1 = source_elements(source, at + step);
    four.v2 = source_elements(source, at + 2 * step);
    four.v3 = source_elements(source, at + 3 * step);
    return four;
}
#endif

CLNORM_INLINE void prefetch_source(const source_t source, const ulong at)
{
#if !KEEP_SET
    prefetch_tensor(source, at);
#endif
}

// Elements from one row of a source to the next.
CLNORM_INLINE index_t source_row_stride(const sets_t sets)
{
#if KEEP_SET
    return sets.width;
#else
    return row_stride(sets);
#endif
}

// The output tensors: y, and with SUM x + residual.
typedef struct {
    __global storage_t *y;
#if SUM
    __global storage_t *sum;
#endif
} target_t;

CLNORM_INLINE target_t target_of(__global storage_t *y, __global storage_t *sum)
{
    target_t target;
    target.y = y;
#if SUM
    target.sum = sum;
#endif
    return target;
}

// The target from element `offset` on.
CLNORM_INLINE target_t target_at(const target_t target, const ulong offset)
{
    target_t moved = target;
    moved.y += offset;
#if SUM
    moved.sum += offset;
#endif
    return moved;
}

// Stores one element of y, and the x (+ residual) that it was computed from.
CLNORM_INLINE void store_result(const real y, const real x, const target_t target, const ulong at)
{
    store_element(y, target.y + at);
#if SUM
    store_element(x, target.sum + at);
#endif
}

// Stores VECTOR_WIDTH elements of each. See store_output for the alignment of target.y + at.
CLNORM_INLINE void store_results(const realv y, const realv x, const target_t target, const ulong at)
{
    store_output(y, target.y + at);
#if SUM
    store_elements(x, target.sum + at);
#endif
}

CLNORM_INLINE void prefetch_target(const target_t target, const ulong at)
{
    prefetch_output(target.y + at);
#if SUM
    prefetch_output(target.sum + at);
#endif
}

#endif
