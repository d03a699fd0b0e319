// Types and arithmetic that every clnorm kernel stands on.
//
// Storage, vector width, work-group size and the few operations whose rounding is part of the contract: results must
// have the same bits for every work-group size and vector width, so no compiler may contract a*b+c on its own, and
// fma() is written where it is meant.

#ifndef CLNORM_TYPES_CL
#define CLNORM_TYPES_CL

#pragma OPENCL FP_CONTRACT OFF

// Values per vector load: 1, 2, 4, 8 or 16. CPUs like 16, GPUs 1 to 4.
#ifndef VECTOR_WIDTH
#define VECTOR_WIDTH 4
#endif

// Work-items of a work-group: a power of two. 1 is normal, and fast, on a CPU.
#ifndef WORK_GROUP_SIZE
#define WORK_GROUP_SIZE 64
#endif

// 1 where the device computes fma() in hardware; 0 multiplies and adds. A property of the device, never of a plan.
#ifndef HAS_FMA
#define HAS_FMA 1
#endif

// 1 writes the output past the cache where the compiler can; worth it for outputs far larger than the cache.
#ifndef NON_TEMPORAL
#define NON_TEMPORAL 0
#endif

typedef float storage_t; // an element of x and y
typedef float real;      // statistics, parameters, eps and sums

// Some compilers call what they should inline (PoCL 3.1, for every vector that is loaded).
#ifndef CLNORM_INLINE
#ifdef __clang__
#define CLNORM_INLINE static inline __attribute__((always_inline))
#else
#define CLNORM_INLINE static inline
#endif
#endif

#define CLNORM_PASTE(a, b) a##b
#define CLNORM_JOIN(a, b) CLNORM_PASTE(a, b)

// realv holds VECTOR_WIDTH reals. load_reals and store_reals need the alignment of one element only.
#if VECTOR_WIDTH == 1
typedef real realv;
#define load_reals(pointer) (*(pointer))
#define store_reals(value, pointer) (*(pointer) = (value))
#else
typedef CLNORM_JOIN(float, VECTOR_WIDTH) realv;
#define load_reals(pointer) CLNORM_JOIN(vload, VECTOR_WIDTH)(0, pointer)
#define store_reals(value, pointer) CLNORM_JOIN(vstore, VECTOR_WIDTH)(value, 0, pointer)
#endif

// store_reals to global memory. PoCL cuts a vstore16 into three stores; a vector type with the alignment of one element
// is stored at once.
#if defined(__clang__) && VECTOR_WIDTH >= 8
typedef realv loose_realv __attribute__((aligned(4)));
#define store_global(value, pointer) (*(__global loose_realv *)(pointer) = (value))
#else
#define store_global(value, pointer) store_reals(value, pointer)
#endif

// A vector of the output. Streaming stores need an address that is a multiple of the vector's size.
#ifdef __has_builtin
#if NON_TEMPORAL && __has_builtin(__builtin_nontemporal_store)
#define STREAMING_STORES
#endif
#endif
#ifdef STREAMING_STORES
#define store_output(value, pointer) __builtin_nontemporal_store(value, (__global realv *)(pointer))
#else
#define store_output(value, pointer) store_global(value, pointer)
#endif

// The address space of the elements of a set: __local where a work-group keeps its set there.
#ifndef SET_SPACE
#define SET_SPACE __global
#endif

#if HAS_FMA
#define multiply_add(a, b, c) fma(a, b, c)
#else
#define multiply_add(a, b, c) ((a) * (b) + (c))
#endif

// a + b = sum + error exactly (Knuth), for any order of magnitudes.
#define TWO_SUM(sum, error, a, b)                                                                                      \
    do {                                                                                                               \
        sum = (a) + (b);                                                                                               \
        const realv two_sum_b_ = sum - (a);                                                                            \
        error = ((a) - (sum - two_sum_b_)) + ((b) - two_sum_b_);                                                       \
    } while (0)

#endif
