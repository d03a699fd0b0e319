package io.github.clnorm.tools.normalize;

/** How many elements fit in Java's heap for a comparison with float64. */
final class HeapLimit {

    private HeapLimit() {}

    /**
     * The largest number of elements to compare.
     *
     * @param most an upper limit, however large the heap is
     * @param heap the heap's maximum size in bytes, of which half is used
     * @param ofElement bytes for each element
     * @param ofSet bytes for each set
     * @param setSize elements of a set
     */
    static long elements(long most, long heap, int ofElement, int ofSet, long setSize) {
        double each = ofElement + (double) ofSet / Math.max(1, setSize);
        return Math.min(most, (long) (heap / 2 / each));
    }
}
