package io.github.clnorm.tools.normalize;

import io.github.clnorm.internal.runtime.LaunchTimes;

/** How long the launches of a request took, in all of its parts. */
final class Timing {

    private int parts;
    private int launches;
    private long deviceNanoseconds;
    private long hostNanoseconds;

    void addPart(LaunchTimes times) {
        parts++;
        launches += times.launches();
        deviceNanoseconds += times.nanoseconds();
        hostNanoseconds += times.hostNanoseconds();
    }

    int parts() {
        return parts;
    }

    int launches() {
        return launches;
    }

    /** What the driver says. */
    long deviceNanoseconds() {
        return deviceNanoseconds;
    }

    /** From enqueue to finished. */
    long hostNanoseconds() {
        return hostNanoseconds;
    }
}
