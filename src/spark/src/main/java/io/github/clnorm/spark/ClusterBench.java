package io.github.clnorm.spark;

import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.tools.cluster.ClusterPage;
import io.github.clnorm.tools.cluster.DeviceMeasure;
import io.github.clnorm.tools.cluster.MachineBench;
import io.github.clnorm.tools.cluster.MeasuredDevice;
import io.github.clnorm.tools.cluster.SuiteMeasure;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.CollectionAccumulator;

/**
 * Measures the OpenCL devices of all machines of a cluster, and compares how fast each normalizes.
 *
 * <p>Each card is measured once, also if several executors or platforms list it, and one at a time on each machine. Machines
 * are measured at the same time. Run it while the cluster does nothing else: other work on a device makes its figures worse.
 *
 * <p>A driver that ends its process does not end the run. Its device is in the report with this problem, the other devices of
 * its platform are not measured, and the devices of other platforms are. Each such end costs a task one of its {@code
 * spark.task.maxFailures}. In local mode the process is the application's own.
 *
 * <p>Only machines with an executor can be measured. The report names machines that have none or do not answer, if the driver
 * knew them or {@link #machines} names them.
 *
 * <p>Not thread-safe.
 */
public final class ClusterBench {

    private static final Duration BUDGET = Duration.ofSeconds(2);
    private static final Duration LIMIT = Duration.ofHours(2);
    private static final String PAGE = "comparison.html";

    private final SparkContext context;
    private final List<String> machines = new ArrayList<>();
    private List<String> suites = List.of("quick");
    private Duration budget = BUDGET;
    private Duration limit = LIMIT;
    private String selector = "any";
    private MachineNames names = (host, port) -> host;
    private DeviceMeasure measure;
    private LongSupplier clock = System::nanoTime;

    private ClusterBench(SparkContext context) {
        this.context = context;
    }

    /**
     * Measures every device of every machine with an executor.
     *
     * @param context of the application
     * @param suite the workloads: a name that {@code clnorm bench --suite} takes, such as {@code quick}
     * @param folder gets a JSON file for each device, and {@code comparison.html}; a path or URI on any file system that
     *     Spark writes to
     * @return what was found
     * @throws IOException if the folder cannot be written to
     * @throws IllegalArgumentException if there is no such suite
     * @throws IllegalStateException if no device of any machine was measured; the message has the reason of each
     */
    public static ClusterReport run(JavaSparkContext context, String suite, String folder) throws IOException {
        return run(context.sc(), suite, folder);
    }

    /**
     * Measures every device of every machine with an executor.
     *
     * @param context of the application
     * @param suite the workloads: a name that {@code clnorm bench --suite} takes, such as {@code quick}
     * @param folder gets a JSON file for each device, and {@code comparison.html}; a path or URI on any file system that
     *     Spark writes to
     * @return what was found
     * @throws IOException if the folder cannot be written to
     * @throws IllegalArgumentException if there is no such suite
     * @throws IllegalStateException if no device of any machine was measured; the message has the reason of each
     */
    public static ClusterReport run(SparkContext context, String suite, String folder) throws IOException {
        return on(context).suites(suite).run(folder);
    }

    /**
     * Begins the description of a run, with the suite {@code quick} on all devices.
     *
     * @param context of the application
     * @return the description
     */
    public static ClusterBench on(SparkContext context) {
        return new ClusterBench(context);
    }

    /**
     * Sets the workloads. They are measured with float32 tensors, forward and backward.
     *
     * @param names that {@code clnorm bench --suite} takes, one or more
     * @return this
     * @throws IllegalArgumentException if there are none
     */
    public ClusterBench suites(String... names) {
        if (names.length == 0) {
            throw new IllegalArgumentException("suites(): expected one name or more, such as quick");
        }
        suites = List.of(names);
        return this;
    }

    /**
     * Sets the time to measure a workload, without preparing and checking it.
     *
     * @param time 2 seconds by default
     * @return this
     * @throws IllegalArgumentException if it is not positive
     */
    public ClusterBench budget(Duration time) {
        budget = positive(time);
        return this;
    }

    /**
     * Sets which devices are measured.
     *
     * @param text a selector, such as {@code gpu}; by default {@code any}, all devices
     * @return this
     * @throws IllegalArgumentException if a term is empty
     */
    public ClusterBench devices(String text) {
        selector = DeviceSelector.parse(text).toString();
        return this;
    }

    /**
     * Names the machines to measure. The report names each of them that does not answer.
     *
     * @param hosts names of hosts, with or without their domain
     * @return this
     * @throws IllegalArgumentException if a name is blank
     */
    public ClusterBench machines(Collection<String> hosts) {
        for (String host : hosts) {
            if (host.isBlank()) {
                throw new IllegalArgumentException("machines(" + hosts + "): a name is blank");
            }
        }
        machines.addAll(hosts);
        return this;
    }

    /**
     * Sets the time after which machines that have not answered are given up.
     *
     * @param time 2 hours by default
     * @return this
     * @throws IllegalArgumentException if it is not positive
     */
    public ClusterBench within(Duration time) {
        limit = positive(time);
        return this;
    }

    /** Names machines in another way than Spark. */
    ClusterBench names(MachineNames other) {
        names = other;
        return this;
    }

    /** Measures devices in another way than by suites. */
    ClusterBench measure(DeviceMeasure other) {
        measure = other;
        return this;
    }

    /** Limits the time by another clock. */
    ClusterBench clock(LongSupplier other) {
        clock = other;
        return this;
    }

    private static Duration positive(Duration time) {
        Objects.requireNonNull(time, "time");
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException(time + ": expected a time above 0");
        }
        return time;
    }

    /**
     * Measures the machines, and blocks until all have answered or the time is over.
     *
     * @param folder gets a JSON file for each device, and {@code comparison.html}; a path or URI on any file system that
     *     Spark writes to
     * @return what was found
     * @throws IOException if the folder cannot be written to
     * @throws IllegalArgumentException if there is no such suite
     * @throws IllegalStateException if no device of any machine was measured; the message has the reason of each
     */
    public ClusterReport run(String folder) throws IOException {
        DeviceMeasure how = measure != null ? measure : new SuiteMeasure(suites, budget.toNanos());
        try (ResultFolder results = new ResultFolder(folder, context.hadoopConfiguration())) {
            CollectionAccumulator<MachineAnswer> collected = context.collectionAccumulator("clnorm machines");
            MachineRounds rounds = new MachineRounds(context, limit, clock);
            rounds.run(
                    new MachineTask(UUID.randomUUID().toString(), selector, how, names, collected),
                    () -> new MachineAnswers(collected.value()).executors());
            MachineAnswers answers = new MachineAnswers(collected.value());
            return write(results, answers, notReached(rounds, answers));
        }
    }

    private Map<String, String> notReached(MachineRounds rounds, MachineAnswers answers) {
        Map<String, String> notReached = new TreeMap<>();
        for (ExecutorAddress executor : rounds.seen()) {
            String machine = names.of(executor.host(), executor.port());
            if (!answers.has(machine)) {
                notReached.put(
                        machine,
                        rounds.isOver()
                                ? "no executor of it answered within " + limit.toSeconds() + " s"
                                : "its executors were busy, or lost");
            }
        }
        for (String machine : machines) {
            if (!answers.has(machine)
                    && notReached.keySet().stream().noneMatch(known -> MachineAnswers.isSame(machine, known))) {
                notReached.put(machine, "the application has no executor on it");
            }
        }
        return notReached;
    }

    private static ClusterReport write(ResultFolder results, MachineAnswers answers, Map<String, String> notReached)
            throws IOException {
        Map<String, String> problems = answers.problems();
        List<String> remarks = new ArrayList<>();
        notReached.forEach((machine, reason) -> remarks.add(machine + " was not reached: " + reason));
        problems.forEach((machine, reason) -> remarks.add(machine + " was not measured: " + reason));
        if (answers.devices().isEmpty()) {
            throw new IllegalStateException("no machine was measured: " + String.join("; ", remarks));
        }
        List<ClusterReport.Device> devices = new ArrayList<>();
        Map<String, String> documents = new LinkedHashMap<>();
        for (Map.Entry<String, Map<String, MeasuredDevice>> machine :
                answers.devices().entrySet()) {
            for (MeasuredDevice device : machine.getValue().values()) {
                String name = MachineBench.fileName(machine.getKey() + "-" + device.address()) + ".json";
                documents.put(name, device.json());
                devices.add(new ClusterReport.Device(
                        machine.getKey(),
                        device.address(),
                        device.name(),
                        results.write(name, device.json()),
                        device.problem()));
            }
        }
        return new ClusterReport(
                devices, notReached, problems, results.write(PAGE, ClusterPage.html(documents, remarks)));
    }
}
