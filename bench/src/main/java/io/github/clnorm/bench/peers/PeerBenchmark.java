package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Both passes of an operation by one peer. A call, or a chain of calls, is finished when it returns, and returns its
 * result for JMH to consume.
 * Subclasses name the workloads of an operation.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public abstract class PeerBenchmark {

    /** Which library: a {@link PeerName}. */
    @Param({"clnorm", "libtorch", "onednn", "onnxruntime", "java"})
    public String peer;

    /** The place of the channel axis: a {@link Layout}. */
    @Param({"channels_first"})
    public String layout;

    /** Where the tensors are: a {@link Cache}. */
    @Param({"rotated", "cached"})
    public String cache;

    /** The type of the tensors and of weight and bias: an {@link ElementType}. */
    @Param({"float32"})
    public String dtype;

    /** How many threads the library has. The environment must give OpenMP and PoCL the same number. */
    @Param({"2"})
    public int threads;

    /** How many calls run before one is waited for; above 1 with {@link Cache#CHAINED} alone. */
    @Param({"1"})
    public int calls;

    // Two, so that a mix-up of slots is detected.
    private static final int CHECKED_SLOTS = 2;

    private Peer library;
    private Task task;
    private int slots;
    private int slot;

    /** For subclasses, which JMH creates. */
    protected PeerBenchmark() {}

    /**
     * What is normalized.
     *
     * @return a {@link Workload#name()}
     */
    protected abstract String workload();

    /**
     * Loads the library, makes its tensors, and compares its results with float64. A wrong peer is not timed.
     *
     * @param parameters of JMH; the name of the benchmark identifies the pass
     * @throws IOException when the files of {@link Exchange} cannot be used
     */
    @Setup
    public void prepare(BenchmarkParams parameters) throws IOException {
        Workload workload =
                WorkloadName.parse(workload(), named(ElementType.values(), dtype), named(Layout.values(), layout));
        Direction direction = parameters.getBenchmark().endsWith(".backward") ? Direction.BACKWARD : Direction.FORWARD;
        slots = Cache.parse(cache).slots(workload, direction);
        PeerVerdict verdict = open(workload, direction, Cache.parse(cache) == Cache.CHAINED);
        Path folder = Exchange.folder();
        if (folder != null) {
            verdict.write(Exchange.verdict(folder, peer));
        }
        if (verdict.status() != PeerVerdict.Status.OK) {
            throw new IllegalStateException(peer + ": " + verdict.reason());
        }
        slot = 0;
    }

    private static <E extends Enum<E>> E named(E[] values, String name) {
        return Arrays.stream(values)
                .filter(value -> value.toString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private PeerVerdict open(Workload workload, Direction direction, boolean chained) throws IOException {
        PeerName name = PeerName.parse(peer);
        if (!workload.plain() && !name.hasAdditions()) {
            return PeerVerdict.without(PeerVerdict.Status.UNSUPPORTED, "plain layers only");
        }
        try {
            library = name.open(threads);
        } catch (IllegalStateException e) {
            return PeerVerdict.without(PeerVerdict.Status.FAILED, "failed: " + e.getMessage());
        } catch (LinkageError | RuntimeException e) {
            // For example because the library has no native part for this processor.
            System.err.println(peer + " cannot be loaded: " + firstLine(e));
            return PeerVerdict.without(PeerVerdict.Status.UNSUPPORTED, "cannot be loaded");
        }
        Data data = Data.of(workload, chained);
        int checkedCalls = Math.min(calls, Chained.CHECKED_CALLS);
        try {
            Path folder = Exchange.folder();
            ExpectedResults check = folder != null
                    ? ExpectedResults.read(folder)
                    : ExpectedResults.of(workload, data, direction, checkedCalls);
            double error;
            if (chained) {
                error = Math.max(
                        error(library.chain(workload, data, direction, slots, 1), check::errorOfSums),
                        error(library.chain(workload, data, direction, slots, checkedCalls), check::errorOfTensor));
                task = library.chain(workload, data, direction, slots, calls);
            } else {
                task = library.prepare(workload, data, direction, slots);
                error = errorOf(task, check::error);
            }
            return PeerVerdict.of(task, error, workload.type(), library.version());
        } catch (UnsupportedOperationException e) {
            return PeerVerdict.without(PeerVerdict.Status.UNSUPPORTED, e.getMessage());
        } catch (RuntimeException e) {
            // Into JMH's log.
            e.printStackTrace();
            return PeerVerdict.without(PeerVerdict.Status.FAILED, "failed: " + firstLine(e));
        }
    }

    private double error(Task checked, ToDoubleFunction<PeerResults> measure) {
        try (checked) {
            return errorOf(checked, measure);
        }
    }

    /** The largest error of the slots that are compared; NaN if one is. */
    private double errorOf(Task checked, ToDoubleFunction<PeerResults> measure) {
        double error = 0;
        for (int compared = 0; compared < Math.min(slots, CHECKED_SLOTS); compared++) {
            checked.run(compared);
            error = Math.max(error, measure.applyAsDouble(checked.results(compared)));
        }
        return error;
    }

    private static String firstLine(Throwable thrown) {
        return thrown.toString().lines().findFirst().orElseThrow();
    }

    /** Frees the library and its tensors. */
    @TearDown
    public void close() {
        if (task != null) {
            task.close();
        }
        if (library != null) {
            library.close();
        }
    }

    /**
     * y from x.
     *
     * @return the result
     */
    @Benchmark
    public Object forward() {
        return next();
    }

    /**
     * dx and the gradients of all parameters from x, dy and what the forward pass saved.
     *
     * @return the result
     */
    @Benchmark
    public Object backward() {
        return next();
    }

    private Object next() {
        slot = (slot + calls) % slots;
        return task.run(slot);
    }
}
