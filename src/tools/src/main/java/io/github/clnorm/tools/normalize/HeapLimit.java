package io.github.clnorm.tools.normalize;

/** How much of a tensor Java's memory takes for a comparison with float64. */
final class HeapLimit {

    private HeapLimit() {}

    /**
     * Elements that are compared at most.
     *
     * @param most of them, however large the memory is
     * @param heap the largest size of Java's memory, in bytes; half of it is used
     * @param ofElement bytes that an element takes
     * @param ofSet bytes that a set takes
     * @param setSize elements of a set
     */
    static long elements(long most, long heap, int ofElement, int ofSet, long setSize) {
        double each = ofElement + (double) ofSet / Math.max(1, setSize);
        return Math.min(most, (long) (heap / 2 / each));
    }
}
