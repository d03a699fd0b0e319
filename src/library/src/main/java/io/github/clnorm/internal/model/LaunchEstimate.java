package io.github.clnorm.internal.model;

/**
 * The predicted time of a launch.
 *
 * <p>A launch takes as long as the slowest of five: memory and caches at their rate, the latency of the bytes in flight, the data
 * path of the busiest unit, the instructions of the busiest unit, and the chain of a work-group for each wave. They overlap,
 * but not perfectly. A load must return before the first of them goes on.
 *
 * <p>Immutable and thread-safe.
 *
 * @param launch what was asked for
 * @param occupancy how many work-groups run at the same time
 * @param micros predicted microseconds, without the time between launches
 * @param limit what takes the longest
 * @param memoryBytes bytes that memory delivers or takes
 * @param cacheBytes bytes that the last level of cache delivers
 */
public record LaunchEstimate(
        LaunchDemand launch, Occupancy occupancy, double micros, Limit limit, double memoryBytes, double cacheBytes) {

    /** What a launch waits for. */
    public enum Limit {
        /** The rate of memory and caches. */
        MEMORY("memory"),
        /** Latency: too few bytes are in flight. */
        IN_FLIGHT("too few bytes in flight"),
        /** The data path of the busiest unit. */
        UNIT("too few units in use"),
        /** The instructions of the busiest unit. */
        INSTRUCTIONS("instructions"),
        /** The steps of a work-group, one after another. */
        CHAIN("steps one after another");

        private final String text;

        Limit(String text) {
            this.text = text;
        }

        /** The limit in a sentence. */
        @Override
        public String toString() {
            return text;
        }
    }

    /** The share of a data sheet's rate that a copy reaches. */
    private static final double REACHED = 0.9;

    /** Bytes that a unit takes in a cycle. Of AMD, NVIDIA and Intel; assumed for the others. */
    private static final int UNIT_BYTES = 64;

    /** Cycles of a barrier with a write of local memory before it and a read after it. An estimate. */
    private static final double BARRIER_CYCLES = 80;

    /** Cycles from an instruction to the next one that takes its result. Of AMD and NVIDIA; assumed for the others. */
    private static final double DEPENDENT_CYCLES = 4;

    /** A tensor of this share of the cache is still there at the second read. An estimate. */
    private static final double CACHED_SHARE = 0.75;

    /**
     * Predicts a launch.
     *
     * @param launch what it asks for
     * @param capacity what the device has
     * @return the estimate
     */
    public static LaunchEstimate of(LaunchDemand launch, Capacity capacity) {
        Occupancy occupancy = Occupancy.of(launch, capacity);
        Capacity.Rates rates = capacity.memory();
        LaunchDemand.Traffic traffic = launch.traffic();
        double span = traffic.ofTensor() ? traffic.span() : traffic.span() * occupancy.atOnce();
        boolean cached = span <= CACHED_SHARE * rates.cacheBytes();
        double fromCache = cached ? traffic.again() : 0;
        double memory = traffic.read() + traffic.again() - fromCache + traffic.written();
        double reload = cached ? rates.cacheLatency() : rates.latency();
        double inFlight = Math.max(1, traffic.inFlight()) * occupancy.atOnce();
        double misses = traffic.read() + traffic.again() - fromCache;
        double bytes = Math.max(1, traffic.read() + traffic.again() + traffic.written());
        double share =
                launch.groups() == 0 ? 0 : Math.ceil((double) launch.groups() / units(capacity)) / launch.groups();
        double cycle = 1.0 / capacity.units().clockMHz();
        double atRate = memory / (REACHED * rates.rate()) + fromCache / rates.cacheRate();
        double byLatency = misses / rate(inFlight, rates.latency()) + fromCache / rate(inFlight, rates.cacheLatency());
        double[] parts = {
            atRate,
            byLatency,
            bytes * share * cycle / UNIT_BYTES,
            launch.instructions()
                    * launch.groups()
                    * share
                    * cycle
                    / capacity.units().lanes(),
            Math.ceil(occupancy.waves()) * chain(launch.chain(), rates, reload, cycle)
        };
        int longest = 0;
        for (int i = 1; i < parts.length; i++) {
            longest = parts[i] > parts[longest] ? i : longest;
        }
        double time = norm(parts) + rates.latency() / 1000;
        return new LaunchEstimate(launch, occupancy, time, Limit.values()[longest], memory, fromCache);
    }

    private static int units(Capacity capacity) {
        return capacity.units().count();
    }

    /** Bytes in a microsecond, by Little's law. */
    private static double rate(double inFlight, double latency) {
        return inFlight * 1000 / latency;
    }

    private static double chain(LaunchDemand.Chain chain, Capacity.Rates rates, double reload, double cycle) {
        return (chain.loads() * rates.latency() + chain.reloads() * reload + chain.hits() * rates.cacheLatency()) / 1000
                + (chain.barriers() * BARRIER_CYCLES + chain.instructions() * DEPENDENT_CYCLES) * cycle;
    }

    /** The norm of order 4, for parts that overlap almost: two equal ones take 1.19 times as long as one. An estimate. */
    private static double norm(double... parts) {
        double longest = 0;
        for (double part : parts) {
            longest = Math.max(longest, part);
        }
        double sum = 0;
        for (double part : parts) {
            double of = part / longest;
            sum += of * of * of * of;
        }
        return longest * Math.sqrt(Math.sqrt(sum));
    }
}
