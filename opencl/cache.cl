// Hints to the cache: streaming stores and software prefetch.
//
// Compilers that know neither ignore them. They change no bit.

#ifndef CLNORM_CACHE_CL
#define CLNORM_CACHE_CL

#include "types.cl"

// 1 stores the output past the cache (non-temporal stores). Worth it if the output is far larger than the cache.
#ifndef NON_TEMPORAL
#define NON_TEMPORAL 0
#endif

// 1 enables software prefetch. For CPUs, whose hardware prefetch ends with a page of 4 KB. A property of the device,
// never of a plan.
#ifndef PREFETCH
#define PREFETCH 0
#endif

#ifdef __has_builtin
#if NON_TEMPORAL && __has_builtin(__builtin_nontemporal_store)
#define STREAMING_STORES
#endif
#if PREFETCH && __has_builtin(__builtin_prefetch)
#define SOFTWARE_PREFETCH
#endif
#endif

// Distance in elements between a load or store and the prefetch beside it.
#define AHEAD (2048 / sizeof(storage_t))

// Prefetches the cache line at an address that will be read. An address past the end of a buffer does no harm.
CLNORM_INLINE void prefetch_input(__global const storage_t *at)
{
#ifdef SOFTWARE_PREFETCH
    __builtin_prefetch(at);
#endif
}

// Prefetches the cache line at an address that will be written. Streaming stores need none.
CLNORM_INLINE void prefetch_output(__global storage_t *at)
{
#if defined(SOFTWARE_PREFETCH) && !defined(STREAMING_STORES)
    __builtin_prefetch(at, 1);
#endif
}

// Stores VECTOR_WIDTH successive elements, past the cache with STREAMING_STORES. These need an address that is a
// multiple of the vector's size.
CLNORM_INLINE void store_output(const realv value, __global storage_t *to)
{
#ifdef STREAMING_STORES
    __builtin_nontemporal_store(to_stored(value), (__global stored_t *)to);
#else
    store_elements(value, to);
#endif
}

// How many of n elements at y precede the first address that store_output can take.
CLNORM_INLINE ulong aligned_head(__global const storage_t *y, const ulong n)
{
#if defined(STREAMING_STORES) && !ALIGNED
    const ulong misplaced = ((ulong)(size_t)y / sizeof(storage_t)) % VECTOR_WIDTH;
    return misplaced == 0 ? 0 : min(n, (ulong)VECTOR_WIDTH - misplaced);
#else
    return 0;
#endif
}

#endif
