package io.github.clnorm.tools.measure;

import io.github.clnorm.Backend;
import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.Copy;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.EmptyLaunch;
import io.github.clnorm.internal.runtime.LaunchTimes;
import io.github.clnorm.internal.runtime.Planner;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.timing.Interleaved;
import io.github.clnorm.internal.timing.Plausibility;
import io.github.clnorm.internal.timing.Spread;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Measures workloads on a device, one after another: first the largest error, then all passes in turn with the best
 * copies of a tensor of the same size, then the device's own times of some passes.
 */
public final class DeviceBench {

    // Fractions of a workload's time: one over this number.
    private static final int COPY_SEARCH = 5;
    private static final int WARM_UP = 5;
    private static final int DEVICE_TIME = 5;

    private static final int LEAST_ROUNDS = 3;
    private static final int MOST_ROUNDS = 10_000;
    private static final int MOST_DEVICE_TIMES = 9;
    private static final int EMPTY_LAUNCHES = 300;
    private static final String STOPPED = "stopped";
    // Several roundings of the coarsest type. A result beyond that is wrong rather than inexact, and its speed means
    // nothing.
    private static final double WRONG = 2e-2;

    private final Backend backend;
    private final long budget;
    private final LongSupplier clock;
    private final BooleanSupplier stop;
    private final Interleaved interleaved;
    private final CopyLimit copyLimit;
    private final long mostCompared;

    /**
     * Creates a bench for a device.
     *
     * @param backend on a profiling queue
     * @param budget nanoseconds to measure a workload, without its preparation
     * @param clock of nanoseconds
     * @param stop whether to stop early; what is not measured by then is skipped
     */
    public DeviceBench(Backend backend, long budget, LongSupplier clock, BooleanSupplier stop) {
        this(backend, budget, clock, stop, Long.MAX_VALUE);
    }

    /**
     * Creates a bench that compares only small tensors with float64, which takes Java longer than the passes.
     *
     * @param backend on a profiling queue
     * @param budget nanoseconds to measure a workload, without its preparation
     * @param clock of nanoseconds
     * @param stop whether to stop early; what is not measured by then is skipped
     * @param mostCompared elements of the largest tensor whose results are compared
     */
    public DeviceBench(Backend backend, long budget, LongSupplier clock, BooleanSupplier stop, long mostCompared) {
        this.backend = backend;
        this.budget = budget;
        this.clock = clock;
        this.stop = stop;
        this.mostCompared = mostCompared;
        this.interleaved = new Interleaved(clock, stop);
        this.copyLimit = new CopyLimit(backend.session(), clock, stop);
    }

    /**
     * The time of an empty launch.
     *
     * @return the time from enqueue to finished; null if it was stopped before one was measured
     * @throws ClException if the driver fails
     */
    public Spread emptyLaunch() {
        Session session = backend.session();
        try (DeviceBuffer argument = session.allocate(Float.BYTES)) {
            Runnable launch = () -> {
                EmptyLaunch.enqueue(session, argument);
                session.finish();
            };
            Interleaved.Limits limits = new Interleaved.Limits(budget / WARM_UP, budget, LEAST_ROUNDS, EMPTY_LAUNCHES);
            long[] times = interleaved.time(List.of(launch), limits).get(0);
            return times.length == 0 ? null : Spread.of(times);
        }
    }

    /**
     * Measures a workload.
     *
     * @param workload what is normalized
     * @param directions which passes
     * @return a row for each pass, in their order
     */
    public List<BenchRow> run(Workload workload, Set<Direction> directions) {
        Map<Direction, BenchRow> rows = new EnumMap<>(Direction.class);
        try (Subject subject = stop.getAsBoolean() ? null : new Subject(workload, backend)) {
            Set<Direction> quick = EnumSet.noneOf(Direction.class);
            for (Direction direction : directions) {
                long time = stop.getAsBoolean() ? 0 : secondPass(subject, direction);
                if (stop.getAsBoolean()) {
                    rows.put(direction, BenchRow.without(workload, direction, RowStatus.SKIPPED, STOPPED));
                } else if (time > budget) {
                    // On a simulator or a slow driver, all the passes needed would take hours.
                    rows.put(
                            direction,
                            BenchRow.without(
                                    workload,
                                    direction,
                                    RowStatus.SKIPPED,
                                    String.format(
                                            Locale.ROOT,
                                            "a pass takes %.1f ms, and the workload has %.1f ms",
                                            time / 1e6,
                                            budget / 1e6)));
                } else {
                    quick.add(direction);
                }
            }
            if (!quick.isEmpty()) {
                measure(workload, quick, subject).forEach(row -> rows.put(row.direction(), row));
            }
        } catch (IllegalArgumentException e) {
            without(workload, directions, RowStatus.UNSUPPORTED, e.getMessage())
                    .forEach(row -> rows.put(row.direction(), row));
        } catch (OutOfMemoryError e) {
            without(workload, directions, RowStatus.SKIPPED, "Java's memory is too small for the tensor")
                    .forEach(row -> rows.put(row.direction(), row));
        } catch (ClException e) {
            // Ctrl-C may reach the driver's compiler too.
            boolean stopped = stop.getAsBoolean();
            without(
                            workload,
                            directions,
                            stopped ? RowStatus.SKIPPED : RowStatus.ERROR,
                            stopped ? STOPPED : e.getMessage())
                    .forEach(row -> rows.put(row.direction(), row));
        }
        return List.copyOf(rows.values());
    }

    /** The time of a pass. The driver compiles during the first one. */
    private long secondPass(Subject subject, Direction direction) {
        subject.run(direction);
        long start = clock.getAsLong();
        subject.run(direction);
        return clock.getAsLong() - start;
    }

    private static List<BenchRow> without(
            Workload workload, Set<Direction> directions, RowStatus status, String reason) {
        return directions.stream()
                .map(direction -> BenchRow.without(workload, direction, status, reason))
                .toList();
    }

    private List<BenchRow> measure(Workload workload, Set<Direction> directions, Subject subject) {
        boolean compared = workload.elements() <= mostCompared;
        Map<Direction, Double> errors = compared ? errors(subject, directions) : unknown(directions);
        DeviceBuffer from = subject.input().buffer();
        DeviceBuffer to = subject.output().buffer();
        List<Copy.Variant> copies = copyLimit.best(from, to, budget / COPY_SEARCH);
        if (copies.isEmpty()) {
            return without(workload, directions, RowStatus.ERROR, "no copy of the tensor runs here: there is no limit");
        }
        List<Direction> tuned = directions.stream()
                .filter(direction -> !plan(workload, direction).equals(heuristic(workload, direction)))
                .toList();
        Planner planner = backend.session().planner();
        List<Runnable> actions = new ArrayList<>();
        directions.forEach(direction -> actions.add(() -> subject.run(direction)));
        tuned.forEach(direction -> actions.add(() -> planner.byHeuristics(() -> subject.run(direction))));
        copies.forEach(plan -> actions.add(() -> copyLimit.copy(plan, from, to)));
        List<long[]> times = interleaved.time(
                actions,
                new Interleaved.Limits(
                        budget / WARM_UP, budget - budget / COPY_SEARCH - budget / WARM_UP, LEAST_ROUNDS, MOST_ROUNDS));
        if (times.get(0).length == 0) {
            return without(workload, directions, RowStatus.SKIPPED, STOPPED);
        }
        Map<Direction, List<LaunchTimes>> launches = launches(subject, directions);
        Limit limit = Limit.of(copies, times.subList(directions.size() + tuned.size(), times.size()));
        List<BenchRow> rows = new ArrayList<>();
        for (Direction direction : directions) {
            Figures.Heuristic heuristic = tuned.contains(direction)
                    ? new Figures.Heuristic(
                            Spread.of(times.get(directions.size() + tuned.indexOf(direction))),
                            heuristic(workload, direction))
                    : null;
            rows.add(row(
                    workload,
                    direction,
                    errors.get(direction),
                    times.get(rows.size()),
                    launches.get(direction),
                    heuristic,
                    limit));
        }
        return rows;
    }

    private Plan plan(Workload workload, Direction direction) {
        Planner planner = backend.session().planner();
        return switch (direction) {
            case FORWARD -> planner.plan(workload.problem());
            case BACKWARD -> planner.plan(workload.gradientProblem());
        };
    }

    private Plan heuristic(Workload workload, Direction direction) {
        Planner planner = backend.session().planner();
        return switch (direction) {
            case FORWARD -> planner.heuristic(workload.problem());
            case BACKWARD -> planner.heuristic(workload.gradientProblem());
        };
    }

    /** The device's own times and the launches: passes in turn, each after an untimed one, as before. */
    private Map<Direction, List<LaunchTimes>> launches(Subject subject, Set<Direction> directions) {
        Map<Direction, List<LaunchTimes>> launches = new EnumMap<>(Direction.class);
        directions.forEach(direction -> launches.put(direction, new ArrayList<>()));
        long end = clock.getAsLong() + budget / DEVICE_TIME;
        for (int round = 0;
                round == 0 || round < MOST_DEVICE_TIMES && clock.getAsLong() < end && !stop.getAsBoolean();
                round++) {
            launches.forEach((direction, times) -> {
                subject.run(direction);
                times.add(backend.session().timed(() -> subject.run(direction)));
            });
        }
        return launches;
    }

    /** The copy that was the fastest in the end. */
    private record Limit(Spread time, Copy.Variant plan) {
        static Limit of(List<Copy.Variant> plans, List<long[]> times) {
            Limit best = null;
            for (int i = 0; i < plans.size(); i++) {
                Spread time = Spread.of(times.get(i));
                if (best == null || time.median() < best.time.median()) {
                    best = new Limit(time, plans.get(i));
                }
            }
            return best;
        }
    }

    private Map<Direction, Double> errors(Subject subject, Set<Direction> directions) {
        try {
            return subject.errors(directions);
        } catch (OutOfMemoryError e) {
            // The float64 reference takes several times the tensor in Java's heap. Without the error, the speed is
            // still valid.
            return unknown(directions);
        }
    }

    private static Map<Direction, Double> unknown(Set<Direction> directions) {
        Map<Direction, Double> unknown = new EnumMap<>(Direction.class);
        directions.forEach(direction -> unknown.put(direction, Double.NaN));
        return unknown;
    }

    private BenchRow row(
            Workload workload,
            Direction direction,
            double error,
            long[] times,
            List<LaunchTimes> launches,
            Figures.Heuristic heuristic,
            Limit limit) {
        double shortest = Plausibility.shortest(workload.transits(direction), limit.time.median() * 1e3);
        long[] believed = Plausibility.believed(times, shortest);
        int implausible = times.length - believed.length;
        if (believed.length == 0) {
            return BenchRow.without(
                    workload,
                    direction,
                    RowStatus.ERROR,
                    "none of " + times.length + " times is plausible: faster than four copies of the tensor");
        }
        if (error > WRONG) {
            return BenchRow.without(
                    workload,
                    direction,
                    RowStatus.ERROR,
                    String.format(Locale.ROOT, "the result is wrong: %.1e off float64", error));
        }
        LaunchTimes last = launches.get(launches.size() - 1);
        long[] deviceTimes = launches.stream()
                .filter(pass -> pass.nanoseconds() >= shortest && pass.nanoseconds() <= pass.hostNanoseconds())
                .mapToLong(LaunchTimes::nanoseconds)
                .toArray();
        Spread time = Spread.of(believed);
        Figures figures = new Figures(
                time,
                deviceTime(deviceTimes, launches.size(), time),
                rate(workload, workload.transits(direction), time),
                limit.time,
                rate(workload, Direction.FORWARD.transits(), limit.time),
                limit.plan.toString(),
                error,
                last.plan(),
                last.launches(),
                last.workspaceBytes(),
                heuristic,
                implausible);
        return new BenchRow(
                workload, direction, RowStatus.OK, reason(workload, implausible, times.length, error), figures);
    }

    /**
     * The median of the device's times if all are plausible and none exceeds the whole pass; otherwise the driver's
     * clock is not reliable.
     */
    private static double deviceTime(long[] believed, int all, Spread wholePass) {
        double median = believed.length == all ? Spread.of(believed).median() : Double.NaN;
        return median <= wholePass.p90() ? median : Double.NaN;
    }

    private String reason(Workload workload, int implausible, int all, double error) {
        List<String> reasons = new ArrayList<>();
        if (implausible > 0) {
            reasons.add(implausible + " of " + all + " times thrown away as implausible");
        }
        if (Double.isNaN(error)) {
            reasons.add("not compared with float64: "
                    + (workload.elements() > mostCompared ? "the tensor is large" : "Java's memory is too small"));
        }
        return String.join("; ", reasons);
    }

    /** A rate in 1e9 bytes per second. */
    private static double rate(Workload workload, int transits, Spread time) {
        return (double) transits * workload.bytes() / (time.median() * 1e3);
    }
}
