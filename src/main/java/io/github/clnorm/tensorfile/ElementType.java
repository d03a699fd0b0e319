package io.github.clnorm.tensorfile;

/** The floating-point types that a file may hold. */
public enum ElementType {
    /** IEEE 754 binary16. */
    FLOAT16(2),
    /** IEEE 754 binary32. */
    FLOAT32(4),
    /** IEEE 754 binary64. */
    FLOAT64(8);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /**
     * The size of an element.
     *
     * @return bytes
     */
    public int bytes() {
        return bytes;
    }

    /**
     * As PyTorch and NumPy call it.
     *
     * @return such as {@code float32}
     */
    @Override
    public String toString() {
        return "float" + 8 * bytes;
    }
}
