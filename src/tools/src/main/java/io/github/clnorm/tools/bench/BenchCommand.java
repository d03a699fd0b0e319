package io.github.clnorm.tools.bench;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.tools.comparison.Comparison;
import io.github.clnorm.tools.comparison.Metric;
import io.github.clnorm.tools.comparison.SavedBench;
import io.github.clnorm.tools.comparison.View;
import io.github.clnorm.tools.machine.DevicesOption;
import io.github.clnorm.tools.machine.TuneOption;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.report.HtmlReport;
import io.github.clnorm.tools.terminal.AtomicFile;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.Interruption;
import io.github.clnorm.tools.terminal.JsonOption;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.OutputFile;
import io.github.clnorm.tools.terminal.OutputFiles;
import io.github.clnorm.tools.terminal.ProgressLine;
import io.github.clnorm.tools.terminal.Seconds;
import io.github.clnorm.tools.terminal.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code bench}: speed compared with the device's own best copy, and error. */
@Command(
        name = "bench",
        description = "Measure speed, share of the device's own copy bandwidth, and error, for each workload and"
                + " device.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Times are of whole passes, from enqueue to finished, in microseconds. GB/s counts the minimum"
                    + " reads and writes of the tensor, 2 forward and 3 backward. The share is that rate divided by"
                    + " the rate of the best copy of a tensor of the same size, measured in the same rounds. Ctrl-C"
                    + " keeps the results so far.",
            "Suites: quick, sd-unet, resnet50-gn, mask-rcnn-gn, layer-norm, instance-norm, batch-norm, awkward; all but"
                    + " quick together are all.",
            "Exit code 1: a row could not be measured because of an error."
        })
public final class BenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private DevicesOption devices;

    @Mixin
    private SuiteOptions suites;

    @Option(
            names = "--budget",
            paramLabel = "TIME",
            defaultValue = "2s",
            converter = Seconds.Converter.class,
            description = "Time to measure each workload, without preparing and checking it, such as 500ms or 2s."
                    + " Default: ${DEFAULT-VALUE}.")
    private Seconds budget;

    @Option(
            names = "--fleet",
            description = "Also measure the forward passes on all selected devices together, from host memory to host"
                    + " memory, next to each device alone; the weights are stored for later passes of fleets.")
    private boolean fleet;

    @Mixin
    private TuneOption tune;

    @Mixin
    private JsonOption json;

    @Option(names = "--html", paramLabel = "F", description = "Also write a web page that needs no network.")
    private String html;

    @Override
    public Integer call() throws IOException {
        devices.check();
        Map<String, String> outputs = new LinkedHashMap<>();
        outputs.put("--json", json.file());
        outputs.put("--html", html);
        OutputFile.distinct(outputs);
        List<Workload> workloads = suites.workloads();
        PrintWriter out = spec.commandLine().getOut();
        BenchJson document = new BenchJson(suites.names(), budget, tune.word());
        try (Interruption interruption = new Interruption();
                OutputFiles files = new OutputFiles()) {
            AtomicFile file = files.open("--json", json.file());
            AtomicFile page = files.open("--html", html);
            List<DeviceInfo> selected = json.printIfFails(out, document, devices::select);
            boolean measured = true;
            for (DeviceInfo device : selected) {
                measured &= bench(device, workloads, document, interruption);
            }
            if (fleet && !interruption.requested()) {
                measured &= benchFleet(selected, workloads, document, interruption);
            }
            document.interrupted(interruption.requested());
            if (file != null) {
                file.write(document.text());
            }
            if (page != null) {
                Comparison comparison = Comparison.of(List.of(SavedBench.of(document.root())));
                page.write(HtmlReport.text(new View(comparison, Metric.GB_PER_S, Optional.empty())));
            }
            files.commit();
            json.print(out, document);
            return measured ? ExitCode.DONE : ExitCode.FAILURE;
        }
    }

    /**
     * Measures one device.
     *
     * @return whether no row failed
     */
    private boolean bench(DeviceInfo device, List<Workload> workloads, BenchJson document, Interruption interruption) {
        DeviceRun run;
        PrintWriter err = spec.commandLine().getErr();
        try (ProgressLine line = new ProgressLine(err)) {
            run = DeviceRun.measure(
                    device,
                    new DeviceRun.Settings(workloads, suites.directions(), budget, tune.tuning()),
                    interruption::requested,
                    (done, workload) -> line.show(done, workloads.size(), device.selector() + " " + workload));
        }
        if (run.problem() != null) {
            err.println("clnorm: " + device.description() + ": " + run.problem());
            err.flush();
        }
        document.add(run);
        if (!json.replacesTable()) {
            spec.commandLine().getOut().print(BenchTable.of(device, run.emptyLaunch(), run.rows()));
            spec.commandLine().getOut().flush();
        }
        return run.isWhole();
    }

    /**
     * Measures the devices together.
     *
     * @return whether no row failed
     */
    private boolean benchFleet(
            List<DeviceInfo> selected, List<Workload> workloads, BenchJson document, Interruption interruption) {
        PrintWriter err = spec.commandLine().getErr();
        List<FleetRow> rows = new ArrayList<>();
        String problem = null;
        try (ProgressLine line = new ProgressLine(err)) {
            rows.addAll(new FleetBench(selected, tune.tuning(), interruption::requested).run(workloads, line));
        } catch (ClException | IllegalStateException e) {
            problem = MessageText.oneLine(e.getMessage());
            err.println("clnorm: fleet: " + problem);
            err.flush();
        }
        document.addFleet(selected, problem, rows);
        if (!json.replacesTable()) {
            spec.commandLine().getOut().print(FleetTable.of(selected, rows));
            spec.commandLine().getOut().flush();
        }
        return problem == null && rows.stream().noneMatch(row -> row.status() == RowStatus.ERROR);
    }
}
