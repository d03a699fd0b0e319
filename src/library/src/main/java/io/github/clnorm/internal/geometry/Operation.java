package io.github.clnorm.internal.geometry;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The normalizations, by their names in torch.nn.functional. Immutable and thread-safe. */
public enum Operation {
    /** The channels of a sample in groups. */
    GROUP_NORM,
    /** The last dimensions. */
    LAYER_NORM,
    /** Each channel of a sample. */
    INSTANCE_NORM,
    /** Each channel of the batch. */
    BATCH_NORM,
    /** The last dimensions, without a mean. */
    RMS_NORM;

    /**
     * The operation of a name.
     *
     * @param name such as {@code group_norm}
     * @return the operation
     * @throws IllegalArgumentException when there is none, with the names that there are
     */
    public static Operation parse(String name) {
        return Arrays.stream(values())
                .filter(operation -> operation.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown operation '" + name + "': expected "
                        + Arrays.stream(values()).map(Operation::toString).collect(Collectors.joining(", "))));
    }

    /**
     * Whether the sets are the last dimensions, so that there is a normalized_shape and no channels.
     *
     * @return true for layer_norm and rms_norm
     */
    public boolean normalizesLastDimensions() {
        return this == LAYER_NORM || this == RMS_NORM;
    }

    /**
     * Whether channels may have running statistics.
     *
     * @return true for batch_norm and instance_norm
     */
    public boolean hasRunningStatistics() {
        return this == BATCH_NORM || this == INSTANCE_NORM;
    }

    /** As PyTorch calls it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
