package io.github.clnorm.internal.tune;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The plainest operation that has a geometry. Tuning results are stored under its name. It follows from the geometry, so a new
 * operation needs no constant of its own.
 *
 * <p>Immutable and thread-safe.
 */
public enum PlainOperation {
    /** Groups of channels of a sample. */
    GROUP_NORM,
    /** Rows: the last dimensions. */
    LAYER_NORM,
    /** Each channel of a sample. */
    INSTANCE_NORM,
    /** Each channel of the batch. */
    BATCH_NORM,
    /** Rows, without a mean. */
    RMS_NORM;

    /**
     * The operation of a name.
     *
     * @param name for example {@code group_norm}
     * @return the operation
     * @throws IllegalArgumentException if no operation has the name; the message lists the names
     */
    public static PlainOperation parse(String name) {
        return Arrays.stream(values())
                .filter(operation -> operation.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown operation '" + name + "': expected "
                        + Arrays.stream(values()).map(PlainOperation::toString).collect(Collectors.joining(", "))));
    }

    /**
     * Whether the sets are rows, so that there are no channels and no layout.
     *
     * @return true for layer_norm and rms_norm
     */
    public boolean isOfRows() {
        return this == LAYER_NORM || this == RMS_NORM;
    }

    /** PyTorch's functional name. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
