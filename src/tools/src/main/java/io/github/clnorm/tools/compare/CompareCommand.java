package io.github.clnorm.tools.compare;

import io.github.clnorm.tools.comparison.Baseline;
import io.github.clnorm.tools.comparison.Comparison;
import io.github.clnorm.tools.comparison.Metric;
import io.github.clnorm.tools.comparison.SavedBench;
import io.github.clnorm.tools.comparison.SavedRun;
import io.github.clnorm.tools.comparison.View;
import io.github.clnorm.tools.report.CsvReport;
import io.github.clnorm.tools.report.HtmlReport;
import io.github.clnorm.tools.report.MarkdownReport;
import io.github.clnorm.tools.terminal.AtomicFile;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.OutputFile;
import io.github.clnorm.tools.terminal.OutputFiles;
import io.github.clnorm.tools.terminal.TextTable;
import io.github.clnorm.tools.terminal.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code compare}. */
@Command(
        name = "compare",
        description = "Show saved runs of bench side by side: rows are workloads, columns are the devices of all runs.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "A ratio to the baseline compares times: above 1 is slower. Its noise band, in brackets,"
                    + " follows from the recorded spreads: from the 10th percentile over the baseline's 90th to the"
                    + " 90th over the baseline's 10th. The band of a mean is narrower: the rows' bands as independent"
                    + " noise, or two standard errors of the rows' ratios if that is larger. Means are geometric,"
                    + " over the rows that all devices have, or that most of them have if not all have a row in"
                    + " common.",
            "Exit codes: 0 done; 1 --fail-on-regression found rows or means, and named them; 2 a file is not a result of bench, or there"
                    + " is nothing to compare."
        })
public final class CompareCommand implements Callable<Integer> {

    /** Converts exactly the words that the help text lists. */
    static final class MetricConverter implements CommandLine.ITypeConverter<Metric> {
        @Override
        public Metric convert(String word) {
            return Arrays.stream(Metric.values())
                    .filter(metric -> metric.toString().equals(word))
                    .findFirst()
                    .orElseThrow(() -> new CommandLine.TypeConversionException("'" + word + "' is none of "
                            + Arrays.stream(Metric.values())
                                    .map(Metric::toString)
                                    .collect(Collectors.joining(", "))));
        }
    }

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "RESULTS.json", arity = "0..*", description = "Files of clnorm bench --json.")
    private List<String> files = List.of();

    @Option(
            names = "--metric",
            paramLabel = "M",
            converter = MetricConverter.class,
            description = "The metric to show, one of ${COMPLETION-CANDIDATES}: microseconds, GB/s, or the share of the"
                    + " copy. A web page shows it first, and has the others too. Default: us; gb_per_s on a web page.")
    private Metric metric;

    @Option(
            names = "--baseline",
            paramLabel = "A.json",
            description = "Compare every device with the same device of this run, or with its only device if a run does"
                    + " not have that one. The file need not be among the others.")
    private String baseline;

    @Option(
            names = "--fail-on-regression",
            paramLabel = "PCT",
            description =
                    "Exit with 1 if a row, or the geometric mean of a direction's rows, is slower than the baseline"
                            + " by more than this percentage beyond its noise band, or if a row that the baseline has now"
                            + " fails, is unsupported, or is on a lost device. Skipped or missing rows print a warning.")
    private String tolerance;

    @Option(names = "--html", paramLabel = "F", description = "Write a web page that needs no network.")
    private String html;

    @Option(
            names = "--csv",
            paramLabel = "F",
            description = "Write all figures as CSV: a row for each workload, pass and device.")
    private String csv;

    @Option(names = "--markdown", paramLabel = "F", description = "Write the table in Markdown, for an issue.")
    private String markdown;

    @Override
    public Integer call() throws IOException {
        if (files.isEmpty() && baseline == null) {
            throw new IllegalArgumentException("no results given: expected one or more files of clnorm bench --json");
        }
        if (tolerance != null && baseline == null) {
            throw new IllegalArgumentException("--fail-on-regression needs a --baseline to compare with");
        }
        double percent = tolerance == null ? 0 : percent(tolerance);
        checkOutputs();
        try (OutputFiles outputs = new OutputFiles()) {
            AtomicFile page = outputs.open("--html", html);
            AtomicFile rows = outputs.open("--csv", csv);
            AtomicFile table = outputs.open("--markdown", markdown);
            View view = read();
            if (page != null) {
                page.write(HtmlReport.text(metric == null ? view.by(Metric.GB_PER_S) : view));
            }
            if (rows != null) {
                rows.write(CsvReport.text(view));
            }
            if (table != null) {
                table.write(MarkdownReport.text(view));
            }
            outputs.commit();
            // A report on standard output must be its only content.
            if (Stream.of(html, csv, markdown).noneMatch(AtomicFile::isStandardOutput)) {
                spec.commandLine().getOut().print(CompareTable.of(view));
                spec.commandLine().getOut().flush();
            }
            view.warnings().forEach(this::warn);
            return tolerance == null ? ExitCode.DONE : judge(view.baseline().orElseThrow(), percent);
        }
    }

    private static double percent(String text) {
        String digits = text.endsWith("%") ? text.substring(0, text.length() - 1) : text;
        if (!digits.matches("\\d{1,6}(\\.\\d{1,6})?")) {
            throw new IllegalArgumentException("--fail-on-regression: '" + text + "' is not a percentage, such as 5");
        }
        return Double.parseDouble(digits);
    }

    private void checkOutputs() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("--html", html);
        names.put("--csv", csv);
        names.put("--markdown", markdown);
        OutputFile.distinct(names);
        List<String> read = new ArrayList<>(files);
        if (baseline != null) {
            read.add(baseline);
        }
        for (String file : read) {
            names.forEach((option, name) -> {
                Map<String, String> both = new LinkedHashMap<>();
                both.put("the results", file);
                both.put(option, name);
                OutputFile.distinct(both);
            });
        }
    }

    /** Reads the runs. The baseline comes first unless it is one of the others. */
    private View read() throws IOException {
        Map<Path, SavedRun> runs = new LinkedHashMap<>();
        Path before = baseline == null ? null : OutputFile.real(OutputFile.path("--baseline", baseline));
        List<String> all = new ArrayList<>(files);
        if (before != null
                && files.stream().noneMatch(file -> OutputFile.real(OutputFile.path("the results", file))
                        .equals(before))) {
            all.add(0, baseline);
        }
        List<Path> paths = all.stream()
                .map(file -> OutputFile.real(OutputFile.path("the results", file)))
                .toList();
        List<String> names = names(paths);
        List<SavedRun> inOrder = new ArrayList<>();
        for (int i = 0; i < paths.size(); i++) {
            SavedRun run = SavedBench.read(OutputFile.path("the results", all.get(i)), names.get(i));
            runs.putIfAbsent(paths.get(i), run);
            inOrder.add(run);
        }
        Comparison comparison = Comparison.of(inOrder);
        return new View(
                comparison,
                metric == null ? Metric.US : metric,
                before == null ? Optional.empty() : Optional.of(new Baseline(comparison, runs.get(before))));
    }

    /** The shortest end of each path that is unique: readers of a report have other folders. */
    private static List<String> names(List<Path> paths) {
        return paths.stream().map(path -> name(path, paths)).toList();
    }

    private static String name(Path path, List<Path> paths) {
        if (path.getNameCount() == 0) {
            return path.toString();
        }
        for (int parts = 1; ; parts++) {
            Path end = end(path, parts);
            int enough = parts;
            if (parts >= path.getNameCount()
                    || paths.stream().filter(other -> !other.equals(path)).noneMatch(other -> end(other, enough)
                            .equals(end))) {
                return end.toString();
            }
        }
    }

    private static Path end(Path path, int parts) {
        int names = path.getNameCount();
        return names == 0 ? path : path.subpath(Math.max(0, names - parts), names);
    }

    private int judge(Baseline held, double percent) {
        List<Baseline.Regression> regressions = held.regressions(percent);
        for (Baseline.Regression regression : regressions) {
            warn("regression: " + regression.column().letter() + ", " + regression.row() + ": " + regression.what());
        }
        return regressions.isEmpty() ? ExitCode.DONE : ExitCode.FAILURE;
    }

    private void warn(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("clnorm: " + TextTable.oneLine(line));
        err.flush();
    }
}
