// Types and arithmetic that every clnorm kernel stands on.
//
// Storage, vector width, work-group size and the few operations whose rounding is part of the contract: results must
// have the same bits for every work-group size and vector width, so no compiler may contract a*b+c on its own, and
// fma() is written where it is meant.

#ifndef CLNORM_TYPES_CL
#define CLNORM_TYPES_CL

#pragma OPENCL FP_CONTRACT OFF

#define FLOAT32 0
#define FLOAT16 1
#define BFLOAT16 2
#define FLOAT64 3

// The type of the elements of x and y. FLOAT64 needs cl_khr_fp64; the others need nothing beyond OpenCL 1.2.
#ifndef STORAGE
#define STORAGE FLOAT32
#endif

// The type of gamma and beta.
#ifndef PARAMETER
#define PARAMETER FLOAT32
#endif

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

// 1 where memory that will be needed soon is asked for ahead of time, if the compiler can: for CPUs, whose own prefetching
// ends with a page of 4 KB. A property of the device, never of a plan.
#ifndef PREFETCH
#define PREFETCH 0
#endif

// real: statistics, sums and everything in between. Halves are stored only; they are computed in float.
#if STORAGE == FLOAT64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
typedef double real;
typedef long real_bits;
#define REAL_NAME double
#define BITS_NAME long
#define REAL(value) value
#else
typedef float real;
typedef int real_bits;
#define REAL_NAME float
#define BITS_NAME int
#define REAL(value) value##f
#if PARAMETER == FLOAT64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif
#endif

// Some compilers call what they should inline (PoCL 3.1, for every vector that is loaded).
#ifndef CLNORM_INLINE
#ifdef __clang__
#define CLNORM_INLINE static inline __attribute__((always_inline))
#else
#define CLNORM_INLINE static inline
#endif
#endif

// Before a loop over the lanes of a vector that only the ends of data take. A work-item that holds one vector unrolls
// it, and keeps its lanes in registers; one that holds several would get a branch for each of 64 lanes, which is most of
// the time that compiling takes.
#if defined(__clang__) && WORK_GROUP_SIZE * VECTOR_WIDTH < 64
#define ROLLED _Pragma("nounroll")
#else
#define ROLLED _Pragma("unroll")
#endif

#define CLNORM_PASTE(a, b) a##b
#define CLNORM_JOIN(a, b) CLNORM_PASTE(a, b)

// vector(float) is float16 where VECTOR_WIDTH is 16, and float where it is 1; realv and bitsv are those of real and of
// its bits. load_vector and store_vector need the alignment of one element only.
#if VECTOR_WIDTH == 1
#define vector(type) type
#define load_vector(pointer) (*(pointer))
#define store_vector(value, pointer) (*(pointer) = (value))
#define load_half(pointer) vload_half(0, pointer)
#define store_half(value, pointer) vstore_half_rte(value, 0, pointer)
#else
#define vector(type) CLNORM_JOIN(type, VECTOR_WIDTH)
#define load_vector(pointer) CLNORM_JOIN(vload, VECTOR_WIDTH)(0, pointer)
#define store_vector(value, pointer) CLNORM_JOIN(vstore, VECTOR_WIDTH)(value, 0, pointer)
#define load_half(pointer) CLNORM_JOIN(vload_half, VECTOR_WIDTH)(0, pointer)
#define store_half(value, pointer) CLNORM_JOIN(CLNORM_JOIN(vstore_half, VECTOR_WIDTH), _rte)(value, 0, pointer)
#endif

// realN.
#define REAL_VECTOR(n) CLNORM_JOIN(REAL_NAME, n)

typedef vector(REAL_NAME) realv;
typedef vector(BITS_NAME) bitsv;

// The float whose upper half is a bfloat16.
#define from_bfloat16(bits, float_type, uint_type) CLNORM_JOIN(as_, float_type)(CLNORM_JOIN(convert_, uint_type)(bits) << 16)

// Elements of x: storage_t in memory, real in registers. element(p) loads one, elements(p) VECTOR_WIDTH of them.
#if STORAGE == FLOAT16
typedef half storage_t;
#define element(pointer) vload_half(0, pointer)
#define elements(pointer) load_half(pointer)
#elif STORAGE == BFLOAT16
typedef ushort storage_t;
#define element(pointer) from_bfloat16(*(pointer), float, uint)
#define elements(pointer) from_bfloat16(load_vector(pointer), vector(float), vector(uint))
#else
typedef real storage_t;
#define element(pointer) (*(pointer))
#define elements(pointer) load_vector(pointer)
#endif

// gamma and beta, likewise.
#if PARAMETER == FLOAT16
typedef half parameter_t;
#define parameter(pointer) ((real)vload_half(0, pointer))
#define parameters(pointer) CLNORM_JOIN(convert_, vector(REAL_NAME))(load_half(pointer))
#elif PARAMETER == BFLOAT16
typedef ushort parameter_t;
#define parameter(pointer) ((real)from_bfloat16(*(pointer), float, uint))
#define parameters(pointer)                                                                                            \
    CLNORM_JOIN(convert_, vector(REAL_NAME))(from_bfloat16(load_vector(pointer), vector(float), vector(uint)))
#else
#if PARAMETER == FLOAT64
typedef double parameter_t;
#else
typedef float parameter_t;
#endif
#define parameter(pointer) ((real)(*(pointer)))
#define parameters(pointer) CLNORM_JOIN(convert_, vector(REAL_NAME))(load_vector(pointer))
#endif

// The nearest bfloat16, the even one of two, of one float (single_to_) and of VECTOR_WIDTH (to_).
#if STORAGE == BFLOAT16 || PARAMETER == BFLOAT16
CLNORM_INLINE ushort single_to_bfloat16(const float value)
{
    const uint bits = as_uint(value);
    return isnan(value) ? (ushort)0x7fc0 : (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
#endif

#if STORAGE == BFLOAT16
#if VECTOR_WIDTH == 1
#define to_bfloat16(value) single_to_bfloat16(value)
#else
CLNORM_INLINE vector(ushort) to_bfloat16(const vector(float) value)
{
    const vector(uint) bits = CLNORM_JOIN(as_, vector(uint))(value);
    const vector(uint) rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return CLNORM_JOIN(convert_, vector(ushort))(isnan(value) ? (vector(uint))(0x7fc0) : rounded);
}
#endif
#endif

// What is stored for realv: one rounding. stored_t is a vector of storage_t.
#if STORAGE == BFLOAT16
typedef vector(ushort) stored_t;
#define to_stored(value) to_bfloat16(value)
#elif STORAGE == FLOAT16
typedef vector(ushort) stored_t;
CLNORM_INLINE stored_t to_stored(const realv value)
{
    ushort part[VECTOR_WIDTH];
    store_half(value, (half *)part);
    return load_vector(part);
}
#else
typedef realv stored_t;
#define to_stored(value) (value)
#endif

// One element of an output.
#if STORAGE == FLOAT16
#define store_element(value, pointer) vstore_half_rte(value, 0, pointer)
#elif STORAGE == BFLOAT16
#define store_element(value, pointer) (*(pointer) = single_to_bfloat16(value))
#else
#define store_element(value, pointer) (*(pointer) = (value))
#endif

// The gradient of one parameter.
#if PARAMETER == FLOAT16
#define store_parameter(value, pointer) vstore_half_rte(value, 0, pointer)
#elif PARAMETER == BFLOAT16
#define store_parameter(value, pointer) (*(pointer) = single_to_bfloat16((float)(value)))
#else
#define store_parameter(value, pointer) (*(pointer) = (parameter_t)(value))
#endif

// VECTOR_WIDTH elements of an output. PoCL cuts a vstore16 into three stores; a vector type with the alignment of one
// element is stored at once.
#if STORAGE == FLOAT16
#define store_elements(value, pointer) store_half(value, pointer)
#elif defined(__clang__) && VECTOR_WIDTH >= 8
typedef stored_t loose_stored_t __attribute__((aligned(sizeof(storage_t))));
#define store_elements(value, pointer) (*(__global loose_stored_t *)(pointer) = to_stored(value))
#else
#define store_elements(value, pointer) store_vector(to_stored(value), pointer)
#endif

// The same past the cache. Streaming stores need an address that is a multiple of the vector's size.
#ifdef __has_builtin
#if NON_TEMPORAL && __has_builtin(__builtin_nontemporal_store)
#define STREAMING_STORES
#endif
#endif
#ifdef STREAMING_STORES
#define store_output(value, pointer) __builtin_nontemporal_store(to_stored(value), (__global stored_t *)(pointer))
#else
#define store_output(value, pointer) store_elements(value, pointer)
#endif

// Ask for the cache line at an address, to read it or to write to it: soon it will be needed. Addresses behind the end of a
// buffer do no harm.
#ifdef __has_builtin
#if PREFETCH && __has_builtin(__builtin_prefetch)
#define prefetch_input(pointer) __builtin_prefetch(pointer)
#ifndef STREAMING_STORES
#define prefetch_output(pointer) __builtin_prefetch(pointer, 1)
#endif
#endif
#endif
#ifndef prefetch_input
#define prefetch_input(pointer)
#endif
#ifndef prefetch_output
#define prefetch_output(pointer)
#endif

// How far ahead that is done on the way through successive elements.
#define AHEAD (2048 / sizeof(storage_t))

#if HAS_FMA
#define multiply_add(a, b, c) fma(a, b, c)
#else
#define multiply_add(a, b, c) ((a) * (b) + (c))
#endif

// a + b = sum + error exactly (Knuth), for any order of magnitudes, in variables of a type.
#define TWO_SUM_OF(type, sum, error, a, b)                                                                             \
    do {                                                                                                               \
        sum = (a) + (b);                                                                                               \
        const type two_sum_b_ = sum - (a);                                                                             \
        error = ((a) - (sum - two_sum_b_)) + ((b) - two_sum_b_);                                                       \
    } while (0)
#define TWO_SUM(sum, error, a, b) TWO_SUM_OF(realv, sum, error, a, b)

#endif
