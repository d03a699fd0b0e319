package io.github.clnorm.tools.tune;

import io.github.clnorm.Backend;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.tune.Tuned;
import io.github.clnorm.internal.tune.TuningDatabase;
import io.github.clnorm.tools.bench.WorkloadOptions;
import io.github.clnorm.tools.machine.DevicesOption;
import io.github.clnorm.tools.measure.RowStatus;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.AtomicFile;
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.Interruption;
import io.github.clnorm.tools.terminal.JsonOption;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.ProgressLine;
import io.github.clnorm.tools.terminal.Seconds;
import io.github.clnorm.tools.terminal.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code tune}. */
@Command(
        name = "tune",
        description = "Search for the fastest launch parameters and store them, so that every later run uses them.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Times are of whole passes, from enqueue to finished. A plan is stored if it is faster than the"
                    + " heuristics' plan by more than noise; all plans compute the same bits. Ctrl-C keeps the"
                    + " results so far.",
            "If the search for a pass finds nothing within the budget, the pass is skipped: the heuristics'"
                    + " plan stays, one line on standard error says so, and the exit code is 0.",
            "The database is tuning.json in $CLNORM_CACHE, else in the user's cache folder.",
            "Exit code 1: a pass could not be tuned because of an error, or nothing could be stored."
        })
public final class TuneCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private WorkloadOptions workloads;

    @Mixin
    private DevicesOption devices;

    @Option(
            names = "--budget",
            paramLabel = "TIME",
            defaultValue = "10s",
            converter = Seconds.Converter.class,
            description =
                    "Time limit of the search for each pass, including the driver's compiler, such as 500ms or 30s."
                            + " Default: ${DEFAULT-VALUE}.")
    private Seconds budget;

    @Mixin
    private JsonOption json;

    @Option(names = "--explain", description = "Print which plan would run, and why, without searching.")
    private boolean explain;

    @Option(
            names = "--export",
            paramLabel = "F",
            description = "Write all stored results to a file, for other users; - is standard output.")
    private String exported;

    @Option(
            names = "--import",
            paramLabel = "F",
            description =
                    "Store the results of an exported file. Of two results for the same pass, the newer one is kept.")
    private String imported;

    @Option(names = "--quiet", description = "No progress bar, no table.")
    private boolean quiet;

    private final TuningDatabase database = TuningDatabase.ofUser();

    @Override
    public Integer call() throws IOException {
        if (Stream.of(explain, exported != null, imported != null)
                        .filter(given -> given)
                        .count()
                > 1) {
            throw new IllegalArgumentException("--explain, --export and --import: expected one of them");
        }
        if (exported != null || imported != null) {
            if (workloads.given()) {
                throw new IllegalArgumentException((exported != null ? "--export" : "--import")
                        + " takes all that is stored: expected no workload");
            }
            return exported != null ? exportTo(path("--export", exported)) : importFrom(path("--import", imported));
        }
        devices.check();
        List<Workload> wanted = workloads.workloads();
        return explain ? explain(wanted) : tune(wanted);
    }

    private static Path path(String option, String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(option + ": '" + name + "' is not a file name: " + e.getReason(), e);
        }
    }

    private int exportTo(Path target) throws IOException {
        TuningDatabase.Export export = database.exported();
        try (AtomicFile file = new AtomicFile(target)) {
            file.write(new String(export.text(), StandardCharsets.UTF_8));
        }
        tell(target + ": " + Shapes.count(export.entries(), "result"));
        return ExitCode.DONE;
    }

    private int importFrom(Path source) throws IOException {
        int added = database.importFrom(source);
        tell(database.file() + ": " + Shapes.count(added, "new result") + " of " + source);
        return ExitCode.DONE;
    }

    private void tell(String line) {
        if (!quiet) {
            spec.commandLine().getErr().println(line);
            spec.commandLine().getErr().flush();
        }
    }

    private int explain(List<Workload> wanted) throws IOException {
        if (json.isWanted()) {
            throw new IllegalArgumentException("--json belongs to a search, not to --explain");
        }
        PrintWriter out = spec.commandLine().getOut();
        for (DeviceInfo device : devices.select()) {
            try (Backend backend = open(device)) {
                Explanation explanation = new Explanation(backend.session(), database);
                for (Workload workload : wanted) {
                    workloads.directions().forEach(direction -> out.print(explanation.of(workload, direction)));
                }
            }
        }
        out.flush();
        return ExitCode.DONE;
    }

    private int tune(List<Workload> wanted) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        TuneJson document = new TuneJson(budget);
        try (Interruption interruption = new Interruption();
                AtomicFile file = json.open()) {
            List<DeviceInfo> selected = json.printIfFails(out, document, devices::select);
            boolean done = true;
            for (DeviceInfo device : selected) {
                done &= tune(device, wanted, document, interruption);
            }
            document.interrupted(interruption.requested());
            if (file != null) {
                file.write(document.text());
            }
            json.print(out, document);
            return done ? ExitCode.DONE : ExitCode.FAILURE;
        }
    }

    private static Backend open(DeviceInfo device) {
        return new Backend(new Session(DevicePort.open(device, false), device));
    }

    /**
     * Tunes one device.
     *
     * @return whether no row failed, and everything was stored
     */
    private boolean tune(DeviceInfo device, List<Workload> wanted, TuneJson document, Interruption interruption) {
        PrintWriter err = spec.commandLine().getErr();
        List<TuneRow> rows = new ArrayList<>();
        String problem = null;
        try (Backend backend = open(device);
                ProgressLine line = quiet ? ProgressLine.none() : new ProgressLine(err)) {
            new TuneRun(
                            backend.session(),
                            database,
                            budget.nanoseconds(),
                            CommandClock.current(),
                            interruption::requested,
                            line)
                    .run(wanted, workloads.directions(), rows);
        } catch (ClException | IllegalStateException e) {
            // If a device cannot be opened or is lost, the others are still tuned.
            problem = MessageText.oneLine(e.getMessage());
        } catch (IOException e) {
            problem = "what was found cannot be stored: " + e.getMessage();
        }
        if (problem != null) {
            err.println("clnorm: " + device.description() + ": " + problem);
        }
        long outOfTime = rows.stream()
                .filter(row -> row.tuned() != null && row.tuned().ending() == Tuned.Ending.OUT_OF_TIME)
                .count();
        if (outOfTime > 0) {
            err.println("clnorm: " + device.description() + ": found nothing within " + budget.text() + " for "
                    + outOfTime + " of " + rows.size() + (rows.size() == 1 ? " pass" : " passes")
                    + ": the heuristics' plans stay, and nothing is stored for them; --budget gives them longer");
        }
        if (quiet) {
            // Without the table, nothing else says that a row failed or was not tuned.
            rows.stream()
                    .filter(row -> row.status() == RowStatus.ERROR || row.status() == RowStatus.UNSUPPORTED)
                    .forEach(row ->
                            err.println("clnorm: " + row.workload() + ", " + row.direction() + ": " + row.reason()));
        }
        if (isVerbose()) {
            rows.stream().filter(row -> row.tuned() != null).forEach(row -> row.tuned()
                    .rejected()
                    .forEach(out -> err.println(
                            row.workload() + ", " + row.direction() + ": " + out.plan() + " is out: " + out.reason())));
        }
        err.flush();
        document.add(device, problem, rows);
        if (!json.replacesTable() && !quiet) {
            spec.commandLine().getOut().print(TuneTable.of(device, rows));
            spec.commandLine().getOut().flush();
        }
        return problem == null && rows.stream().noneMatch(row -> row.status() == RowStatus.ERROR);
    }

    private boolean isVerbose() {
        return Stream.of(spec, spec.root())
                .anyMatch(of -> of.commandLine().getParseResult().hasMatchedOption("--verbose"));
    }
}
