// Four vectors in flight: a work-item loads them before it uses or stores any, so that it waits for memory once, not four
// times.
//
// No compiler does this by itself where results are stored, since y may be x: it moves no load above a store. For
// work-groups of several work-items, as on GPUs. A CPU runs ahead by itself. Changes no bit.

#ifndef CLNORM_IN_FLIGHT_CL
#define CLNORM_IN_FLIGHT_CL

#include "types.cl"

#if WORK_GROUP_SIZE > 1

// Names, because some compilers keep arrays in memory.
typedef struct {
    realv v0, v1, v2, v3;
} four_t;

// Four equal vectors.
CLNORM_INLINE four_t four_times(const realv value)
{
    four_t four;
    four.v0 = value;
    four.v1 = value;
    four.v2 = value;
    four.v3 = value;
    return four;
}

// VECTOR_WIDTH elements from each of the elements number at, at + step, at + 2 step and at + 3 step on.
CLNORM_INLINE four_t four_of_elements(__global const storage_t *from, const ulong at, const ulong step)
{
    four_t four;
    four.v0 = elements(from + at);
    four.v1 = elements(from + at + step);
    four.v2 = elements(from + at + 2 * step);
    four.v3 = elements(from + at + 3 * step);
    return four;
}

// The same of gamma or beta; `missing` if they are null.
CLNORM_INLINE four_t four_of_parameters(__global const parameter_t *values, const realv missing, const ulong at,
                                        const ulong step)
{
    four_t four;
    four.v0 = values ? parameters(values + at) : missing;
    four.v1 = values ? parameters(values + at + step) : missing;
    four.v2 = values ? parameters(values + at + 2 * step) : missing;
    four.v3 = values ? parameters(values + at + 3 * step) : missing;
    return four;
}

#endif

#endif
