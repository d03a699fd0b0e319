package io.github.clnorm.type;

/** The floating-point types of tensors, on a device or in a file. Immutable and thread-safe. */
public enum ElementType {
    /** IEEE 754 binary16. */
    FLOAT16(2, 0x1p-10),
    /** The upper half of a binary32: its range, with 8 bits of precision. */
    BFLOAT16(2, 0x1p-7),
    /** IEEE 754 binary32. */
    FLOAT32(4, 0x1p-23),
    /** IEEE 754 binary64. */
    FLOAT64(8, 0x1p-52);

    private final int bytes;
    private final double epsilon;

    ElementType(int bytes, double epsilon) {
        this.bytes = bytes;
        this.epsilon = epsilon;
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
     * The machine epsilon, as {@code torch.finfo(dtype).eps}.
     *
     * @return the distance from 1 to the next larger value
     */
    public double epsilon() {
        return epsilon;
    }

    /**
     * The type of statistics and sums of tensors of this type.
     *
     * @return float64 for float64, else float32
     */
    public ElementType accumulator() {
        return this == FLOAT64 ? FLOAT64 : FLOAT32;
    }

    /**
     * The name in PyTorch.
     *
     * @return for example {@code float32}
     */
    @Override
    public String toString() {
        return this == BFLOAT16 ? "bfloat16" : "float" + 8 * bytes;
    }
}
