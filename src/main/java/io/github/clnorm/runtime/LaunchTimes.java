package io.github.clnorm.runtime;

import io.github.clnorm.runtime.opencl.OpenCl;
import java.util.ArrayList;
import java.util.List;

/** The device's own times of some launches. */
public final class LaunchTimes {

    private final OpenCl openCl;
    private final List<OpenCl.Event> events = new ArrayList<>();
    private int launches;
    private long nanoseconds;
    private long hostNanoseconds;
    private final long start = System.nanoTime();

    LaunchTimes(OpenCl openCl) {
        this.openCl = openCl;
    }

    void add(OpenCl.Event event) {
        events.add(event);
    }

    void read() {
        hostNanoseconds = System.nanoTime() - start;
        launches = events.size();
        nanoseconds = events.stream().mapToLong(openCl::nanoseconds).sum();
    }

    void release() {
        events.forEach(openCl::release);
        events.clear();
    }

    /**
     * How many launches there were.
     *
     * @return a count
     */
    public int launches() {
        return launches;
    }

    /**
     * How long they ran, without the gaps between them.
     *
     * @return nanoseconds
     */
    public long nanoseconds() {
        return nanoseconds;
    }

    /**
     * How long it took as the host sees it, from the beginning of the action until the device was done.
     *
     * @return nanoseconds
     */
    public long hostNanoseconds() {
        return hostNanoseconds;
    }
}
