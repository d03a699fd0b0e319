package io.github.clnorm.tools.tutorial;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.timing.Interleaved;
import io.github.clnorm.internal.timing.Spread;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** Checks each file of the tutorial against float64, then times the files, the library and a plain copy in turn. */
final class TutorialBench {

    // A result with a larger error is wrong, and its speed means nothing.
    private static final double WRONG = 2e-2;
    private static final double MEAN = 0.5;
    private static final int WARM_UP = 5;
    private static final int LEAST_ROUNDS = 3;
    private static final int MOST_ROUNDS = 1000;
    private static final List<String> FORWARD = List.of("6_split.cl", "7_merge.cl", "8_affine.cl");
    private static final List<String> BACKWARD =
            List.of("10_gradient_sums.cl", "11_input_gradient.cl", "12_parameter_gradient.cl");

    private final OpenCl openCl;
    private final DeviceInfo device;
    private final Backend backend;
    private final LongSupplier clock;
    private final List<RungResult> results = new ArrayList<>();
    // By the index of the result that takes the time.
    private final Map<Integer, Runnable> actions = new LinkedHashMap<>();

    /**
     * A bench on a device.
     *
     * @param openCl a port on it for the tutorial's kernels; the caller closes it
     * @param device the device
     * @param backend on the same device, for the library's passes; the caller closes it
     * @param clock of nanoseconds
     */
    TutorialBench(OpenCl openCl, DeviceInfo device, Backend backend, LongSupplier clock) {
        this.openCl = openCl;
        this.device = device;
        this.backend = backend;
        this.clock = clock;
    }

    /**
     * Checks and times everything.
     *
     * @param extent the size
     * @param budget nanoseconds to measure for, without checking
     * @return the driver's own copy, then a result for each file, for the files that form a pass, and for the library
     * @throws io.github.clnorm.device.ClException when a call fails
     */
    List<RungResult> run(Extent extent, long budget) {
        results.clear();
        actions.clear();
        TutorialInputs inputs = TutorialInputs.random(extent, MEAN);
        try (RungPrograms programs = new RungPrograms(openCl, device);
                Ladder ladder = new Ladder(programs, extent, inputs);
                RealKernels library = new RealKernels(backend, extent, inputs)) {
            add(RungResult.unchecked(RungResult.DRIVERS_COPY, 2), ladder.driverCopy(), ladder);
            check(ladder, extent, library.results());
            add(RungResult.unchecked("library, forward", 2), library::forward);
            add(RungResult.unchecked("library, backward", 3), library::backward);
            time(budget);
        }
        return List.copyOf(results);
    }

    /** Something that is enqueued, and timed until it is done. */
    private void add(RungResult result, Runnable enqueue, Ladder ladder) {
        add(result, () -> {
            enqueue.run();
            ladder.finish();
        });
    }

    private void add(RungResult result, Runnable action) {
        if (result.status() == RungResult.Status.OK) {
            actions.put(results.size(), action);
        }
        results.add(result);
    }

    private void check(Ladder ladder, Extent extent, Map<String, float[]> library) {
        Map<String, Runnable> runs = new LinkedHashMap<>();
        for (Rung rung : Rung.LADDER) {
            String refusal = rung.refusal(extent, device.maxWorkGroupSize());
            if (refusal != null) {
                results.add(RungResult.unsupported(rung, refusal));
                continue;
            }
            Runnable run = ladder.build(rung);
            runs.put(rung.file(), run);
            double error = ladder.check(rung, run);
            add(RungResult.checked(rung, error, error <= WRONG, sameBits(ladder, rung, library)), run, ladder);
        }
        addPass("6 + 7 + 8", FORWARD, 2, runs, ladder);
        addPass("10 + 11 + 12", BACKWARD, 3, runs, ladder);
    }

    /** Files that form a pass, launched one after another. */
    private void addPass(String name, List<String> files, int transits, Map<String, Runnable> runs, Ladder ladder) {
        if (runs.keySet().containsAll(files)) {
            add(
                    RungResult.unchecked(name, transits),
                    () -> files.forEach(file -> runs.get(file).run()),
                    ladder);
        }
    }

    private static Boolean sameBits(Ladder ladder, Rung rung, Map<String, float[]> library) {
        List<String> outputs =
                Ladder.outputs(rung).stream().filter(library::containsKey).toList();
        return rung.equals(Rung.COPY) || outputs.isEmpty()
                ? null
                : (Boolean)
                        outputs.stream().allMatch(output -> Arrays.equals(library.get(output), ladder.read(output)));
    }

    private void time(long budget) {
        List<long[]> times = new Interleaved(clock, () -> false)
                .time(
                        List.copyOf(actions.values()),
                        new Interleaved.Limits(budget / WARM_UP, budget - budget / WARM_UP, LEAST_ROUNDS, MOST_ROUNDS));
        int next = 0;
        for (int index : actions.keySet()) {
            results.set(index, results.get(index).timed(Spread.of(times.get(next++))));
        }
    }
}
