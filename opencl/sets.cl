// Where sets lie, what is read of them and what is written.
//
// A tensor is [samples][rows][groups][width]: set (n, g) is `rows` runs of `width` successive elements, one run a row.
//
//     group_norm, instance_norm, channels first   rows 1            width C/G * S
//     layer_norm, rms_norm                        rows 1            width D, groups 1
//     group_norm, instance_norm, channels last    rows S            width C/G
//     batch_norm, channels first                  rows N            width S          samples 1, groups C
//     batch_norm, channels last                   rows N * S        width 1          samples 1, groups C
//
// Inside a row every `run` successive elements share one gamma and one beta; a row of group g uses those from
// g * (width / run) on.

#ifndef CLNORM_SETS_CL
#define CLNORM_SETS_CL

#include "cache.cl"

// 1 adds a tensor of x's shape and type to x before anything else.
#ifndef RESIDUAL
#define RESIDUAL 0
#endif

// 1 also stores x + residual.
#ifndef SUM
#define SUM 0
#endif

// 1 where a work-group keeps its set in local memory.
#ifndef KEEP_SET
#define KEEP_SET 0
#endif

// What a kernel is told of the sets; the same arguments in every kernel.
typedef struct {
    ulong rows, groups, width; // as above
    ulong run;                 // elements of a row that share parameters
} sets_t;

#define SETS_ARGUMENTS const ulong rows, const ulong groups, const ulong width, const ulong run
#define DECLARE_SETS(name)                                                                                             \
    sets_t name;                                                                                                       \
    name.rows = rows;                                                                                                  \
    name.groups = groups;                                                                                              \
    name.width = width;                                                                                                \
    name.run = run

// Elements from one row of a set to the next, and of a whole sample.
CLNORM_INLINE ulong row_stride(const sets_t sets)
{
    return sets.groups * sets.width;
}

// The first element of set number `set`.
CLNORM_INLINE ulong set_offset(const sets_t sets, const ulong set)
{
    return (set / sets.groups * sets.rows * sets.groups + set % sets.groups) * sets.width;
}

// The first gamma of set number `set`.
CLNORM_INLINE ulong first_parameter(const sets_t sets, const ulong set)
{
    return set % sets.groups * (sets.width / sets.run);
}

// The elements of a tensor in global memory: x, or x + residual.
typedef struct {
    __global const storage_t *x;
#if RESIDUAL
    __global const storage_t *residual;
#endif
} tensor_t;

#define DECLARE_TENSOR(name)                                                                                           \
    tensor_t name;                                                                                                     \
    name.x = x;                                                                                                        \
    TENSOR_RESIDUAL(name)
#if RESIDUAL
#define TENSOR_RESIDUAL(name) name.residual = residual
#else
#define TENSOR_RESIDUAL(name)
#endif

CLNORM_INLINE tensor_t tensor_at(const tensor_t tensor, const ulong offset)
{
    tensor_t moved = tensor;
    moved.x += offset;
#if RESIDUAL
    moved.residual += offset;
#endif
    return moved;
}

CLNORM_INLINE real tensor_element(const tensor_t tensor, const ulong at)
{
#if RESIDUAL
    return element(tensor.x + at) + element(tensor.residual + at);
#else
    return element(tensor.x + at);
#endif
}

CLNORM_INLINE realv tensor_elements(const tensor_t tensor, const ulong at)
{
#if RESIDUAL
    return elements(tensor.x + at) + elements(tensor.residual + at);
#else
    return elements(tensor.x + at);
#endif
}

// Asks for the elements at `at`.
CLNORM_INLINE void prefetch_tensor(const tensor_t tensor, const ulong at)
{
    prefetch_input(tensor.x + at);
#if RESIDUAL
    prefetch_input(tensor.residual + at);
#endif
}

// The elements of a set: in global memory, or as reals in local memory.
#if KEEP_SET
typedef __local const real *source_t;
#define source_at(source, offset) ((source) + (offset))
#define source_element(source, at) ((source)[at])
#define source_elements(source, at) load_vector((source) + (at))
#define prefetch_source(source, at)
#else
typedef tensor_t source_t;
#define source_at(source, offset) tensor_at(source, offset)
#define source_element(source, at) tensor_element(source, at)
#define source_elements(source, at) tensor_elements(source, at)
#define prefetch_source(source, at) prefetch_tensor(source, at)
#endif

// Elements from one row of a set to the next where it is read from: kept rows lie side by side.
#if KEEP_SET
#define SOURCE_ROW_STRIDE(sets) ((sets).width)
#else
#define SOURCE_ROW_STRIDE(sets) row_stride(sets)
#endif

// What is written: y, and x + residual where that is wanted.
typedef struct {
    __global storage_t *y;
#if SUM
    __global storage_t *sum;
#endif
} target_t;

#define DECLARE_TARGET(name)                                                                                           \
    target_t name;                                                                                                     \
    name.y = y;                                                                                                        \
    TARGET_SUM(name)
#if SUM
#define TARGET_SUM(name) name.sum = sum
#else
#define TARGET_SUM(name)
#endif

CLNORM_INLINE target_t target_at(const target_t target, const ulong offset)
{
    target_t moved = target;
    moved.y += offset;
#if SUM
    moved.sum += offset;
#endif
    return moved;
}

// Stores y, and the x + residual that it was computed from.
CLNORM_INLINE void store_result(const real result, const real from, const target_t target, const ulong at)
{
    store_element(result, target.y + at);
#if SUM
    store_element(from, target.sum + at);
#endif
}

// The same for VECTOR_WIDTH of them. y + at must be a multiple of the vector's size with STREAMING_STORES.
CLNORM_INLINE void store_results(const realv result, const realv from, const target_t target, const ulong at)
{
    store_output(result, target.y + at);
#if SUM
    store_elements(from, target.sum + at);
#endif
}

// Asks for the place of the results at `at`.
CLNORM_INLINE void prefetch_target(const target_t target, const ulong at)
{
    prefetch_output(target.y + at);
#if SUM
    prefetch_output(target.sum + at);
#endif
}

#endif
