package io.github.clnorm.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The operations of the command line, by their names in torch.nn.functional. */
enum Operation {
    GROUP_NORM,
    LAYER_NORM,
    INSTANCE_NORM,
    BATCH_NORM,
    RMS_NORM;

    /** The operation of a name. */
    static Operation parse(String name) {
        return Arrays.stream(values())
                .filter(operation -> operation.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown operation '" + name + "': expected "
                        + Arrays.stream(values()).map(Operation::toString).collect(Collectors.joining(", "))));
    }

    /** Whether the sets are the last dimensions, so that there is a normalized_shape and no channels. */
    boolean normalizesLastDimensions() {
        return this == LAYER_NORM || this == RMS_NORM;
    }

    /** Whether channels may have running statistics. */
    boolean hasRunningStatistics() {
        return this == BATCH_NORM || this == INSTANCE_NORM;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
