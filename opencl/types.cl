// Types and arithmetic of all kernels.
//
// Results must have the same bits for every work-group size and every vector width. Therefore no compiler may contract
// a * b + c on its own: multiply_add() is written where one rounding is meant.
//
// This file has the storage types (how an element lies in memory), `real` (the type that kernels compute in), vectors
// of VECTOR_WIDTH reals, loads and stores. It is the only file that knows how a half or a bfloat16 is stored.

#ifndef CLNORM_TYPES_CL
#define CLNORM_TYPES_CL

#pragma OPENCL FP_CONTRACT OFF

#define FLOAT32 0
#define FLOAT16 1
#define BFLOAT16 2
#define FLOAT64 3

// The type of the elements of x, y, dy and dx. FLOAT64 needs cl_khr_fp64. The others need nothing beyond OpenCL 1.2.
#ifndef STORAGE
#define STORAGE FLOAT32
#endif

// The type of gamma and beta.
#ifndef PARAMETER
#define PARAMETER FLOAT32
#endif

// Values of a vector: 1, 2, 4, 8 or 16. CPUs prefer 16, GPUs 1 to 4. A tuning parameter: it changes no bit.
#ifndef VECTOR_WIDTH
#define VECTOR_WIDTH 4
#endif

// Work-items of a work-group, a power of two. 1 is normal and fast on a CPU. A tuning parameter: it changes no bit.
#ifndef WORK_GROUP_SIZE
#define WORK_GROUP_SIZE 64
#endif

// 1 if the device computes fma() in hardware. 0 multiplies and adds. A property of the device, never of a plan.
#ifndef HAS_FMA
#define HAS_FMA 1
#endif

// 1 if rows, and runs of more than one element, are multiples of VECTOR_WIDTH. Each vector of a tensor then lies at a
// multiple of its own size, and is one load or store. load_vector promises the alignment of one element only, and
// NVIDIA's compiler then loads each element alone. For GPUs; changes no bit.
#ifndef ALIGNED
#define ALIGNED 0
#endif

// 1 if vstore_half rounds to nearest even. The full profile prescribes it, but not all drivers do so.
// vstore_half_rte does so everywhere, but some compilers emulate it, in 80 instructions. A property of the device, never
// of a plan; changes no bit.
#ifndef NEAREST_HALVES
#define NEAREST_HALVES 0
#endif

// real is the type of statistics, sums and all intermediate values. Halves are only stored: they are computed in float.
// real_bits is the integer of the same size. REAL(v) is a literal of type real.
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

// The compiler of PoCL 3.1 calls functions that it should inline, such as the load of every vector.
#ifndef CLNORM_INLINE
#ifdef __clang__
#define CLNORM_INLINE static inline __attribute__((always_inline))
#else
#define CLNORM_INLINE static inline
#endif
#endif

// Stands before a loop over the elements of a vector that only the ends of the data take. A work-item that holds one
// vector unrolls the loop and keeps the elements in registers. A work-item that holds several vectors would get a
// branch for each of 64 elements, which takes most of the compile time.
#if defined(__clang__) && WORK_GROUP_SIZE * VECTOR_WIDTH < 64
#define ROLLED _Pragma("nounroll")
#else
#define ROLLED _Pragma("unroll")
#endif

#define CLNORM_PASTE(a, b) a##b
#define CLNORM_JOIN(a, b) CLNORM_PASTE(a, b)

// Stores of halves, rounded to nearest even.
#if NEAREST_HALVES && !defined(__EMBEDDED_PROFILE__)
#define nearest_half(name) name
#else
#define nearest_half(name) CLNORM_JOIN(name, _rte)
#endif
#define store_half_one(value, pointer) nearest_half(vstore_half)(value, 0, pointer)

// vector(float) is float16 if VECTOR_WIDTH is 16, and float if it is 1. REAL_VECTOR(n) is float<n> or double<n>.
// load_vector and store_vector need the alignment of one element only, in any address space.
#define REAL_VECTOR(n) CLNORM_JOIN(REAL_NAME, n)
#if VECTOR_WIDTH == 1
#define vector(type) type
#define load_vector(pointer) (*(pointer))
#define store_vector(value, pointer) (*(pointer) = (value))
#define load_half(pointer) vload_half(0, pointer)
#define store_half(value, pointer) store_half_one(value, pointer)
#else
#define vector(type) CLNORM_JOIN(type, VECTOR_WIDTH)
#define load_vector(pointer) CLNORM_JOIN(vload, VECTOR_WIDTH)(0, pointer)
#define store_vector(value, pointer) CLNORM_JOIN(vstore, VECTOR_WIDTH)(value, 0, pointer)
#define load_half(pointer) CLNORM_JOIN(vload_half, VECTOR_WIDTH)(0, pointer)
#define store_half(value, pointer) nearest_half(CLNORM_JOIN(vstore_half, VECTOR_WIDTH))(value, 0, pointer)
#endif

// Loads and stores of vectors that lie at multiples of VECTOR_WIDTH if rows do. `space` is an address space, and `type`
// the type of an element.
#if ALIGNED
#define load_aligned(space, type, pointer) (*(space const vector(type) *)(pointer))
#define store_aligned(value, space, type, pointer) (*(space vector(type) *)(pointer) = (value))
#else
#define load_aligned(space, type, pointer) load_vector(pointer)
#define store_aligned(value, space, type, pointer) store_vector(value, pointer)
#endif

// VECTOR_WIDTH reals, and as many integers of the same size. to_realv converts a vector of another type.
typedef vector(REAL_NAME) realv;
typedef vector(BITS_NAME) bitsv;
#define to_realv(value) CLNORM_JOIN(convert_, vector(REAL_NAME))(value)

// storage_t is an element of x, y, dy or dx in memory. parameter_t is one of gamma, beta, dgamma or dbeta.
#if STORAGE == FLOAT16
typedef half storage_t;
#elif STORAGE == BFLOAT16
typedef ushort storage_t;
#else
typedef real storage_t;
#endif
#if PARAMETER == FLOAT16
typedef half parameter_t;
#elif PARAMETER == BFLOAT16
typedef ushort parameter_t;
#elif PARAMETER == FLOAT64
typedef double parameter_t;
#else
typedef float parameter_t;
#endif

// A bfloat16 is the upper half of a float. from_bfloat16 is exact. to_bfloat16 rounds to nearest, ties to even; the
// function with the suffix _one does so for one value.
#define from_bfloat16(bits, float_type, uint_type)                                                                     \
    CLNORM_JOIN(as_, float_type)(CLNORM_JOIN(convert_, uint_type)(bits) << 16)

#if STORAGE == BFLOAT16 || PARAMETER == BFLOAT16
CLNORM_INLINE ushort to_bfloat16_one(const float value)
{
    const uint bits = as_uint(value);
    return isnan(value) ? (ushort)0x7fc0 : (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
#endif

#if STORAGE == BFLOAT16
CLNORM_INLINE vector(ushort) to_bfloat16(const vector(float) value)
{
#if VECTOR_WIDTH == 1
    return to_bfloat16_one(value);
#else
    const vector(uint) bits = CLNORM_JOIN(as_, vector(uint))(value);
    const vector(uint) rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return CLNORM_JOIN(convert_, vector(ushort))(isnan(value) ? (vector(uint))(0x7fc0) : rounded);
#endif
}
#endif

// VECTOR_WIDTH halves. vloada_half of some compilers loads each half alone.
#if ALIGNED
CLNORM_INLINE vector(float) load_halves(__global const half *from)
{
    const vector(ushort) bits = load_aligned(__global, ushort, from);
    return load_half((const half *)&bits);
}
#else
#define load_halves(from) load_half(from)
#endif

// Loads one element.
CLNORM_INLINE real element(__global const storage_t *from)
{
#if STORAGE == FLOAT16
    return vload_half(0, from);
#elif STORAGE == BFLOAT16
    return from_bfloat16(*from, float, uint);
#else
    return *from;
#endif
}

// Loads VECTOR_WIDTH successive elements.
CLNORM_INLINE realv elements(__global const storage_t *from)
{
#if STORAGE == FLOAT16
    return load_halves(from);
#elif STORAGE == BFLOAT16
    return from_bfloat16(load_aligned(__global, ushort, from), vector(float), vector(uint));
#else
    return load_aligned(__global, REAL_NAME, from);
#endif
}

// Loads one gamma or beta.
CLNORM_INLINE real parameter(__global const parameter_t *from)
{
#if PARAMETER == FLOAT16
    return (real)vload_half(0, from);
#elif PARAMETER == BFLOAT16
    return (real)from_bfloat16(*from, float, uint);
#else
    return (real)*from;
#endif
}

// Loads VECTOR_WIDTH successive gammas or betas.
CLNORM_INLINE realv parameters(__global const parameter_t *from)
{
#if PARAMETER == FLOAT16
    return to_realv(load_halves(from));
#elif PARAMETER == BFLOAT16
    return to_realv(from_bfloat16(load_aligned(__global, ushort, from), vector(float), vector(uint)));
#elif PARAMETER == FLOAT64
    return to_realv(load_aligned(__global, double, from));
#else
    return to_realv(load_aligned(__global, float, from));
#endif
}

// Stores one element, rounded once.
CLNORM_INLINE void store_element(const real value, __global storage_t *to)
{
#if STORAGE == FLOAT16
    store_half_one(value, to);
#elif STORAGE == BFLOAT16
    *to = to_bfloat16_one(value);
#else
    *to = value;
#endif
}

// Stores the gradient of one parameter, rounded once.
CLNORM_INLINE void store_parameter(const real value, __global parameter_t *to)
{
#if PARAMETER == FLOAT16
    store_half_one(value, to);
#elif PARAMETER == BFLOAT16
    *to = to_bfloat16_one((float)value);
#else
    *to = (parameter_t)value;
#endif
}

// stored_t is a vector of storage_t (ushort for halves), and to_stored rounds a realv to it.
#if STORAGE == FLOAT16 || STORAGE == BFLOAT16
typedef vector(ushort) stored_t;
#else
typedef realv stored_t;
#endif

CLNORM_INLINE stored_t to_stored(const realv value)
{
#if STORAGE == FLOAT16
    ushort rounded[VECTOR_WIDTH];
    store_half(value, (half *)rounded);
    return load_vector(rounded);
#elif STORAGE == BFLOAT16
    return to_bfloat16(value);
#else
    return value;
#endif
}

// Stores VECTOR_WIDTH successive elements. PoCL splits a vstore16 into three stores. It stores a vector type with the
// alignment of one element at once.
#if defined(__clang__) && VECTOR_WIDTH >= 8
typedef stored_t unaligned_stored_t __attribute__((aligned(sizeof(storage_t))));
#endif

CLNORM_INLINE void store_elements(const realv value, __global storage_t *to)
{
#if ALIGNED
    *(__global stored_t *)to = to_stored(value);
#elif defined(__clang__) && VECTOR_WIDTH >= 8 && (STORAGE != FLOAT16 || WORK_GROUP_SIZE == 1)
    *(__global unaligned_stored_t *)to = to_stored(value);
#elif STORAGE == FLOAT16
    store_half(value, to);
#else
    store_vector(to_stored(value), to);
#endif
}

#if HAS_FMA
#define multiply_add(a, b, c) fma(a, b, c)
#else
#define multiply_add(a, b, c) ((a) * (b) + (c))
#endif

// a + b = sum + error exactly (Knuth), whichever of a and b is larger. All four are of the given type.
#define TWO_SUM(type, sum, error, a, b)                                                                                \
    do {                                                                                                               \
        sum = (a) + (b);                                                                                               \
        const type two_sum_b_ = sum - (a);                                                                             \
        error = ((a) - (sum - two_sum_b_)) + ((b) - two_sum_b_);                                                       \
    } while (0)

#endif
