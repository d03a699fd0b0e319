import java.util.List;

/**
 * A part of a network. Feature maps are matrices with one row for each channel; a row has the pixels of all samples of
 * the batch, one sample after the other.
 */
interface Stage extends AutoCloseable {

    /** Computes the output. Keeps what {@link #backward} needs. */
    float[][] forward(float[][] x, int samples);

    /** Adds to the gradients of the parameters, and returns the gradient of the input of the last forward pass. */
    float[][] backward(float[][] dy);

    List<Parameter> parameters();

    /** Called after the parameters have changed. */
    default void parametersChanged() {}

    /** Takes over parameters and statistics of a stage of the same shape. */
    default void copyFrom(Stage other) {
        for (int i = 0; i < parameters().size(); i++) {
            parameters().get(i).copyFrom(other.parameters().get(i));
        }
    }

    /** Selects between training and evaluation. */
    default void training(boolean training) {}

    /** Frees what it has on the device. */
    @Override
    default void close() {}
}
