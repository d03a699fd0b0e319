package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The times of some launches by the device's clock, and their plan.
 *
 * <p>Not thread-safe: only the thread whose launches were timed may use it.
 */
public final class LaunchTimes {

    private final OpenCl openCl;
    private final List<OpenCl.Event> events = new ArrayList<>();
    private final Map<Scratch, Long> scratch = new EnumMap<>(Scratch.class);
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

    void scratch(Scratch use, long bytes) {
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
     * The number of launches.
     *
     * @return a count
     */
    public int launches() {
        return launches;
    }

    /**
     * The launches' times on the device, without the gaps between them.
     *
     * @return nanoseconds
     */
    public long nanoseconds() {
        return nanoseconds;
    }

    /**
     * The time on the host, from the beginning of the action until the device was done.
     *
     * @return nanoseconds
     */
    public long hostNanoseconds() {
        return hostNanoseconds;
    }

    /**
     * The plan of the last pass.
     *
     * @return the plan; null if no pass was enqueued
     */
    public Plan plan() {
        return plan;
    }

    /**
     * The scratch memory of the launches.
     *
     * @return bytes of device memory
     */
    public long workspaceBytes() {
        return scratch.values().stream().mapToLong(Long::longValue).sum();
    }
}
