package io.github.clnorm.spark;

import io.github.clnorm.tools.cluster.DeviceMeasure;
import io.github.clnorm.tools.cluster.MachineBench;
import io.github.clnorm.tools.cluster.MeasuredDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Iterator;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.apache.spark.util.CollectionAccumulator;

/**
 * Measures the devices of the machine that it runs on, and adds an answer to an accumulator: the driver has it when the task
 * ends, also if other tasks fail or never end.
 */
final class MachineTask implements VoidFunction<Iterator<Integer>> {

    private static final long serialVersionUID = 1;

    private static final String JARS =
            "Pass clnorm-spark's jar and all its dependencies to spark-submit --jars: clnorm,"
                    + " clnorm-tools, clnorm-reference, jocl, jna, jmustache and picocli, which Maven copies to target/spark";

    private final String run;
    private final String selector;
    private final DeviceMeasure measure;
    private final MachineNames names;
    private final CollectionAccumulator<MachineAnswer> answers;

    /**
     * Creates a task.
     *
     * @param run tells this run from all others
     * @param selector of devices
     * @param measure measures a device
     * @param names names machines
     * @param answers collects answers
     */
    MachineTask(
            String run,
            String selector,
            DeviceMeasure measure,
            MachineNames names,
            CollectionAccumulator<MachineAnswer> answers) {
        this.run = run;
        this.selector = selector;
        this.measure = measure;
        this.names = names;
        this.answers = answers;
    }

    @Override
    public void call(Iterator<Integer> none) throws IOException {
        BooleanSupplier stop = TaskContext.get()::isInterrupted;
        ExecutorAddress executor = ExecutorAddress.own();
        String machine = names.of(executor.host(), executor.port());
        List<MeasuredDevice> devices = List.of();
        String problem = "";
        try {
            devices = List.copyOf(new MachineBench(machine, run, selector, measure, stop).run());
        } catch (IOException | RuntimeException | LinkageError e) {
            if (stop.getAsBoolean()) {
                throw e;
            }
            // Another try of this task could only fail again, and four of them would end the job.
            problem = problem(e);
        }
        answers.add(new MachineAnswer(executor, machine, hostName(), devices, problem));
    }

    /** Why a machine was not measured. Messages of missing classes are their names alone. */
    static String problem(Throwable e) {
        if (e instanceof NoClassDefFoundError && e.getCause() instanceof ClassNotFoundException missing) {
            return "the executor has no class " + missing.getMessage() + ". " + JARS;
        }
        if (e instanceof LinkageError || e.getMessage() == null) {
            return e.toString();
        }
        return e.getMessage();
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "";
        }
    }
}
