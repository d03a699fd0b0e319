package io.github.clnorm.tools.tutorial;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.tools.machine.DeviceOption;
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.Lists;
import io.github.clnorm.tools.terminal.Seconds;
import io.github.clnorm.tools.terminal.TextTable;
import io.github.clnorm.tools.terminal.Version;
import io.github.clnorm.type.Tuning;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks and times the kernels of the tutorial. */
@Command(
        name = "tutorial",
        description = "Check and time the kernels of opencl/tutorial, from the textbook formula to the library's bits.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Checks each kernel against float64 before it is timed. GB/s counts the minimum reads and writes of a whole"
                    + " tensor that the task of a file needs. The share is that rate over the faster of two plain"
                    + " copies. Times are medians, from enqueue to finished, in microseconds.",
            "Exit code 1: a result is wrong."
        })
public final class TutorialCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOption device;

    @Option(
            names = "--shape",
            paramLabel = "N,C,...",
            split = ",",
            hideParamSyntax = true,
            defaultValue = "2,320,64,64",
            description = "The input: samples, channels, and all other dimensions. Default: ${DEFAULT-VALUE}.")
    private List<Integer> shape;

    @Option(
            names = "--num-groups",
            paramLabel = "G",
            defaultValue = "32",
            description = "Groups that the channels are divided into. Default: ${DEFAULT-VALUE}.")
    private int numGroups;

    @Option(
            names = "--budget",
            paramLabel = "TIME",
            defaultValue = "5s",
            converter = Seconds.Converter.class,
            description = "How long to measure, without the checks, such as 500ms or 2s. Default: ${DEFAULT-VALUE}.")
    private Seconds budget;

    @Override
    public Integer call() {
        Lists.check(spec, "--shape");
        Extent extent = Extent.of(shape, numGroups);
        DeviceInfo selected = device.selector().select();
        List<RungResult> results;
        try (JoclOpenCl openCl = JoclOpenCl.open(selected, false);
                Backend backend = CommandClock.open(JoclOpenCl.open(selected, false), selected, Tuning.OFF)) {
            results = new TutorialBench(openCl, selected, backend, CommandClock.current())
                    .run(extent, budget.nanoseconds());
        }
        long bytes = extent.bytes();
        PrintWriter out = spec.commandLine().getOut();
        out.println(selected.description() + ", " + extent);
        out.print(table(results, bytes));
        out.flush();
        boolean wrong = results.stream().anyMatch(result -> result.status() == RungResult.Status.WRONG);
        return wrong ? ExitCode.FAILURE : ExitCode.DONE;
    }

    private static String table(List<RungResult> results, long bytes) {
        double copy = results.stream()
                .filter(RungResult::isCopy)
                .mapToDouble(result -> result.rate(bytes))
                .max()
                .orElse(Double.NaN);
        TextTable table = new TextTable("file", "time", "GB/s", "of copy", "error", "bits", "gains");
        for (RungResult result : results) {
            double rate = result.rate(bytes);
            table.row(
                    result.name(),
                    result.time() == null ? "-" : text("%.1f", result.time().median()),
                    text("%.1f", rate),
                    text("%.0f%%", 100 * rate / copy),
                    text("%.1e", result.error()),
                    result.sameBits() == null ? "-" : result.sameBits() ? "library's" : "other",
                    result.status() == RungResult.Status.WRONG ? "wrong" : result.text());
        }
        return table.toString();
    }

    private static String text(String format, double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
    }
}
