package io.github.clnorm.bench.peers;

import io.github.clnorm.measure.Direction;
import io.github.clnorm.measure.Workload;
import io.github.clnorm.type.Layout;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
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
 * Both passes of an operation by one peer. A call is finished when it returns, and returns its result for JMH to consume.
 * Subclasses name the workloads of an operation.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public abstract class PeerBenchmark {

    /** Which library: a {@link PeerName}. */
    @Param({"clnorm", "libtorch", "onednn", "onnxruntime", "java"})
    public String peer;

    /** Where the channels lie: a {@link Layout}. */
    @Param({"channels_first"})
    public String layout;

    /** Where the tensors are: a {@link Cache}. */
    @Param({"rotated", "cached"})
    public String cache;

    private Peer library;
    private Task task;
    private int slots;
    private int slot;

    /** Keeps to subclasses, which JMH makes. */
    protected PeerBenchmark() {}

    /**
     * What is normalized.
     *
     * @return a {@link Workload#name()}
     */
    protected abstract String workload();

    /**
     * Loads the library and makes its tensors.
     *
     * @param parameters of JMH: the name of the benchmark says which pass it is
     */
    @Setup
    public void prepare(BenchmarkParams parameters) {
        Layout where = Arrays.stream(Layout.values())
                .filter(value -> value.toString().equals(layout))
                .findFirst()
                .orElseThrow();
        Workload workload = WorkloadName.parse(workload(), where);
        Direction direction =
                parameters.getBenchmark().endsWith(".backward") ? Direction.BACKWARD : Direction.FORWARD;
        slots = Cache.parse(cache).slots(workload, direction);
        library = PeerName.parse(peer).open();
        task = library.prepare(workload, Data.of(workload), direction, slots);
        slot = 0;
    }

    /** Frees what was made. */
    @TearDown
    public void close() {
        task.close();
        library.close();
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
     * dx, dγ and dβ from x, dy and saved statistics.
     *
     * @return the result
     */
    @Benchmark
    public Object backward() {
        return next();
    }

    private Object next() {
        slot = slot + 1 < slots ? slot + 1 : 0;
        return task.run(slot);
    }
}
