// 0: copy. Gains a limit to measure against: one read and one write of each element.
//
//     y = x
//
// GroupNorm computes little for each element it reads, so memory limits its speed. A kernel that reads x twice can
// still come close to a copy if the second read finds x in a cache.
//
// Parallel over: pieces of at most PIECE elements of a channel, one per work-item.
// [in]  x  [N, C, S]
// [out] y  [N, C, S]
// Local memory: 0 bytes.
#define PIECE 1024

__kernel void copy(__global const float *x, __global float *y, const uint N, const uint C, const uint S)
{
    const ulong pieces = (S + PIECE - 1) / PIECE, id = get_global_id(0), run = id / pieces;
    if (run >= (ulong)N * C) {
        return; // The last work-group may have more work-items than there are pieces left.
    }
    const ulong first = id % pieces * PIECE;
    const uint n = min(S - first, (ulong)PIECE);
    x += run * S + first;
    y += run * S + first;
    uint i = 0;
    for (; i + 16 <= n; i += 16) {
        vstore16(vload16(0, x + i), 0, y + i);
    }
    for (; i < n; i++) {
        y[i] = x[i];
    }
}
