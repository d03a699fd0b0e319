package io.github.clnorm.bench.peers;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.ExternalProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.Result;

/**
 * The environment and the processors of the processes that JMH starts. JMH has no option for them. A "profiler" may put a
 * command before that of the JVM, and this one profiles nothing.
 */
public final class ProcessSettings implements ExternalProfiler {

    private static final boolean PINS = pins();

    private final List<String> command;

    /**
     * Called by JMH.
     *
     * @param lines the words of the command, one on each line
     */
    public ProcessSettings(String lines) {
        command = List.of(lines.split("\n"));
    }

    /** The words of the command for one peer, one on each line. */
    static String lines(PeerName peer, List<Integer> processors) {
        List<String> words = new ArrayList<>(List.of("env"));
        environment(peer, processors).forEach((name, value) -> words.add(name + "=" + value));
        if (PINS) {
            words.addAll(List.of("taskset", "-c", joined(processors, ",")));
        }
        return String.join("\n", words);
    }

    private static Map<String, String> environment(PeerName peer, List<Integer> processors) {
        String threads = Integer.toString(processors.size());
        Map<String, String> environment = new TreeMap<>();
        // Freed pages stay. With the C library's allocator, libtorch gets fresh pages from the system for each large
        // result and is 4 to 6 times slower. Only the peer that is named so gets huge pages from jemalloc.
        environment.put("MALLOC_CONF", "dirty_decay_ms:-1,muzzy_decay_ms:-1" + (peer.hugePages() ? ",thp:always" : ""));
        environment.put("OMP_NUM_THREADS", threads);
        // Binds each thread to its own core: two busy-waiting threads on one core lose 3 ms per call.
        environment.put("OMP_PROC_BIND", "true");
        environment.put(
                "OMP_PLACES",
                processors.stream().map(processor -> "{" + processor + "}").collect(Collectors.joining(",")));
        // The first is the name until PoCL 3, the second since.
        environment.put("POCL_MAX_PTHREAD_COUNT", threads);
        environment.put("POCL_CPU_MAX_CU_COUNT", threads);
        return environment;
    }

    private static String joined(List<Integer> processors, String separator) {
        return processors.stream().map(String::valueOf).collect(Collectors.joining(separator));
    }

    private static boolean pins() {
        try {
            String any = joined(Cores.choose(1), ",");
            int code = new ProcessBuilder("taskset", "-c", any, "true")
                    .redirectErrorStream(true)
                    .start()
                    .waitFor();
            return code == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Whether processes are bound to processors: taskset may be missing or forbidden. */
    static boolean pinned() {
        return PINS;
    }

    @Override
    public Collection<String> addJVMInvokeOptions(BenchmarkParams parameters) {
        return command;
    }

    @Override
    public Collection<String> addJVMOptions(BenchmarkParams parameters) {
        return List.of();
    }

    @Override
    public void beforeTrial(BenchmarkParams parameters) {}

    @Override
    public Collection<? extends Result<?>> afterTrial(BenchmarkResult result, long pid, File out, File err) {
        return List.of();
    }

    @Override
    public boolean allowPrintOut() {
        return true;
    }

    @Override
    public boolean allowPrintErr() {
        return true;
    }

    @Override
    public String getDescription() {
        return "the environment and the processors of a process";
    }
}
