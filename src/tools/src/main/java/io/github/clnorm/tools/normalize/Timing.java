package io.github.clnorm.tools.normalize;

import io.github.clnorm.internal.runtime.LaunchTimes;

/** The time of a request's launches, over all its parts. */
final class Timing {

    private int parts;
    private boolean pieces;
    private int launches;
    private long deviceNanoseconds;
    private long hostNanoseconds;

    void addPart(LaunchTimes times) {
        parts++;
        launches += times.launches();
        deviceNanoseconds += times.nanoseconds();
        hostNanoseconds += times.hostNanoseconds();
    }

    /** The time of all pieces of large samples. */
    void addPieces(LaunchTimes times) {
        addPart(times);
        pieces = true;
    }

    /** Whether samples went through the device in pieces. */
    boolean inPieces() {
        return pieces;
    }

    int parts() {
        return parts;
    }

    int launches() {
        return launches;
    }

    /** The time that the driver's profiling reports. */
    long deviceNanoseconds() {
        return deviceNanoseconds;
    }

    /** The host's time from enqueue to finished. */
    long hostNanoseconds() {
        return hostNanoseconds;
    }
}
