package io.github.clnorm.tools.scaling;

import java.util.Locale;

/** A part of a machine that may be the limit. */
enum Bottleneck {
    DEVICE,
    LINK,
    HOST_MEMORY,
    DRIVES,
    STORAGE,
    NETWORK,
    MERGE,
    LATENCY;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
