package io.github.clnorm.conformance;

import java.util.Locale;

/** The normalizations, in the order of the table. */
enum Operation {
    GROUP_NORM,
    LAYER_NORM,
    INSTANCE_NORM,
    BATCH_NORM,
    RMS_NORM;

    static Operation of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** The row of its gradients. */
    String backward() {
        return this + " backward";
    }

    /** As PyTorch calls it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
