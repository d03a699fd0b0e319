package io.github.clnorm.spark;

/** How a column holds samples. Immutable and thread-safe. */
public enum SampleForm {
    /** {@code array<float>}: the elements, the last dimension fastest. */
    FLOAT_ARRAY("array<float>"),
    /** {@code array<double>}: the elements, the last dimension fastest. */
    DOUBLE_ARRAY("array<double>"),
    /** A vector of Spark ML. Dense and sparse vectors are read, dense ones are written. */
    VECTOR("a vector of Spark ML"),
    /** {@code binary}: the content of a {@code .npy} file. */
    NPY("binary with the content of a .npy file");

    private final String text;

    SampleForm(String text) {
        this.text = text;
    }

    /** The form in a message. */
    @Override
    public String toString() {
        return text;
    }
}
