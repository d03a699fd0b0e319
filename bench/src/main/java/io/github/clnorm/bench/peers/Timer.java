package io.github.clnorm.bench.peers;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Runs JMH for one workload and several peers, one after the other, each in processes and an environment of its own. */
final class Timer {

    private static final Map<NormSpec.Kind, Class<? extends PeerBenchmark>> BENCHMARKS = Map.of(
            NormSpec.Kind.GROUP_NORM, GroupNormBenchmark.class,
            NormSpec.Kind.LAYER_NORM, LayerNormBenchmark.class,
            NormSpec.Kind.INSTANCE_NORM, InstanceNormBenchmark.class,
            NormSpec.Kind.BATCH_NORM, BatchNormBenchmark.class,
            NormSpec.Kind.RMS_NORM, RmsNormBenchmark.class);
    private static final int ITERATIONS = 5;
    private static final int WARMUP_ITERATIONS = 2;

    private final int forks;
    private final double seconds;
    private final double warmupSeconds;
    private final Path log;
    private final Path exchange;

    Timer(int forks, double seconds, double warmupSeconds, Path log, Path exchange) {
        this.forks = forks;
        this.seconds = seconds;
        this.warmupSeconds = warmupSeconds;
        this.log = log;
        this.exchange = exchange;
    }

    /** JMH's results of the peers that finished, one after the other. */
    List<RunResult> time(
            Workload workload,
            Setting setting,
            List<Integer> processors,
            Direction direction,
            Cache cache,
            List<PeerName> peers) {
        List<RunResult> results = new ArrayList<>();
        for (PeerName peer : peers) {
            results.addAll(time(workload, setting, processors, direction, cache, peer));
        }
        return results;
    }

    private Collection<RunResult> time(
            Workload workload,
            Setting setting,
            List<Integer> processors,
            Direction direction,
            Cache cache,
            PeerName peer) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + benchmark(workload).getName().replace(".", "\\.") + "\\." + direction + "$")
                .param("workload", workload.name())
                .param("layout", workload.layout().toString())
                .param("cache", cache.toString())
                .param("dtype", setting.type().toString())
                .param("threads", Integer.toString(setting.threads()))
                .param("calls", Integer.toString(setting.calls()))
                .param("peer", peer.toString())
                .operationsPerInvocation(setting.calls())
                .addProfiler(ProcessSettings.class, ProcessSettings.lines(peer, processors))
                .forks(forks)
                .warmupIterations(WARMUP_ITERATIONS)
                .warmupTime(share(warmupSeconds, WARMUP_ITERATIONS))
                .measurementIterations(ITERATIONS)
                .measurementTime(share(seconds, ITERATIONS))
                // A peer that lacks the workload or is wrong reports it and exits. The others continue.
                .shouldFailOnError(false)
                .jvmArgs(
                        Exchange.argument(exchange),
                        "-Djava.library.path=" + System.getProperty("java.library.path"),
                        // Keeps JavaCPP from running the garbage collector when it considers memory scarce.
                        "-Dorg.bytedeco.javacpp.maxBytes=0",
                        "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                        "-XX:+UseSerialGC",
                        "-Xms3g",
                        "-Xmx3g");
        Path part = log.resolveSibling(log.getFileName() + ".part");
        try {
            return new Runner(options.output(part.toString()).build()).run();
        } catch (RunnerException e) {
            // Keeps earlier measurements, which may have taken hours. Only this one has no times.
            System.err.println("clnorm: JMH failed: " + e.getMessage());
            return List.of();
        } finally {
            append(part);
        }
    }

    private void append(Path part) {
        try (var out = Files.newOutputStream(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            if (Files.exists(part)) {
                Files.copy(part, out);
                Files.delete(part);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Class<? extends PeerBenchmark> benchmark(Workload workload) {
        Class<? extends PeerBenchmark> benchmark = BENCHMARKS.get(workload.operation());
        if (benchmark == null) {
            throw new IllegalArgumentException("no benchmark of " + workload.operation());
        }
        return benchmark;
    }

    private static TimeValue share(double seconds, int parts) {
        return TimeValue.milliseconds(Math.max(1, Math.round(1e3 * seconds / parts)));
    }

    /** The peer of a result. */
    static PeerName peer(RunResult result) {
        return PeerName.parse(result.getParams().getParam("peer"));
    }

    /** Its time of a call in microseconds: the median of the iterations' averages. */
    static double median(RunResult result) {
        double[] averages = result.getBenchmarkResults().stream()
                .flatMap(fork -> fork.getIterationResults().stream())
                .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
                .sorted()
                .toArray();
        int middle = averages.length / 2;
        return averages.length % 2 == 1 ? averages[middle] : (averages[middle - 1] + averages[middle]) / 2;
    }
}
