package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The device's own times of some launches, and what they were launched by.
 *
 * <p>Not thread-safe: it belongs to the thread whose launches it timed.
 */
public final class LaunchTimes {

    private final OpenCl openCl;
    private final List<OpenCl.Event> events = new ArrayList<>();
    private final Map<Session.Scratch, Long> scratch = new EnumMap<>(Session.Scratch.class);
    private Plan plan;
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

    void planned(Plan of) {
        plan = of;
    }

    void scratch(Session.Scratch use, long bytes) {
        scratch.merge(use, bytes, Math::max);
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

    /**
     * The plan of the last pass among them.
     *
     * @return the plan; null where none was enqueued
     */
    public Plan plan() {
        return plan;
    }

    /**
     * What the launches needed beside their tensors.
     *
     * @return bytes of device memory
     */
    public long workspaceBytes() {
        return scratch.values().stream().mapToLong(Long::longValue).sum();
    }
}
