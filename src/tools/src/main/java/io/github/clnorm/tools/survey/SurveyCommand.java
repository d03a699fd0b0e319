package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.tools.machine.DeviceJson;
import io.github.clnorm.tools.machine.DeviceOption;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.Interruption;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.ProgressLine;
import io.github.clnorm.tools.terminal.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code survey}. */
@Command(
        name = "survey",
        description = "Check, tune and measure this device within N minutes, and write one file to send.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Runs doctor, verify, tune and bench on one device, and PyTorch's own layers if python3 has torch with the"
                    + " same device. Later stages are cut short when the time is over, and the file says what is"
                    + " missing. Ctrl-C keeps the results so far.",
            "Please attach the file to a new issue. It has no names of users, machines or folders; docs/survey.md"
                    + " describes its content:",
            "https://github.com/clnorm/clnorm/issues",
            "Exit code 1: a stage failed; the file says which and why, and has the results of the others."
        })
public final class SurveyCommand implements Callable<Integer> {

    // With less the last stages have no time, not even on a fast device.
    private static final double LEAST_MINUTES = 0.2;
    private static final double MOST_MINUTES = 24 * 60;
    private static final double NANOSECONDS = 60e9;
    // Shares of the time at which the stages end.
    private static final double DOCTOR = 0.2;
    private static final double VERIFY = 0.35;
    private static final double TUNE = 0.6;
    // What ends and writes the survey has this share, or this time if it is more.
    private static final double LAST = 0.03;
    private static final double LAST_SECONDS = 4;
    private static final double MOST_OF_LAST = 0.2;

    private static final List<String> OF_MEASURING =
            List.of("--minutes", "--device", "--store", "--pytorch", "--python");

    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOption devices;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "9",
            description = "The longest time that it takes, such as 9 or 0.5; at least 0.2. Default: ${DEFAULT-VALUE}.")
    private double minutes;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "F",
            description = "The file. Default: clnorm-survey-DEVICE-DATE.json in the current folder. With --extract: the"
                    + " folder for its parts.")
    private String output;

    @Option(
            names = "--store",
            description = "Also store the tuned plans in the user's tuning database, as clnorm tune does.")
    private boolean store;

    @Option(
            names = "--pytorch",
            paramLabel = "D",
            defaultValue = PyTorch.AUTO,
            description = "auto: PyTorch's device that is the surveyed one; off: without PyTorch; else a device in"
                    + " PyTorch's words, such as cuda:1. Default: ${DEFAULT-VALUE}.")
    private String pytorchDevice;

    @Option(names = "--python", paramLabel = "P", description = "The Python to use. Default: python3 on the PATH.")
    private String pythonName;

    @Option(
            names = "--extract",
            paramLabel = "F",
            description =
                    "Do not measure: write the parts of a survey's file as files for bench/results, clnorm compare"
                            + " and clnorm tune --import.")
    private String extracted;

    private SurveyDocument document;
    // Read by the deadline too.
    private volatile SurveyFile file;
    private volatile PyTorch pytorch;
    private volatile OwnDatabase own;
    private BenchStage bench;
    private volatile Stages stages;

    @Override
    public Integer call() throws IOException {
        if (extracted != null) {
            for (String option : OF_MEASURING) {
                if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
                    throw new IllegalArgumentException("--extract measures nothing: it does not take " + option);
                }
            }
            return new Extract(extracted, output).run(spec.commandLine().getOut());
        }
        if (!(minutes >= LEAST_MINUTES && minutes <= MOST_MINUTES)) {
            throw new IllegalArgumentException("--minutes: '" + minutes + "' is not a time from " + LEAST_MINUTES
                    + " to " + (long) MOST_MINUTES + " minutes; in less time a survey measures nothing");
        }
        DeviceSelector selector = devices.selector();
        if (selector.toString().equals("all")) {
            throw new IllegalArgumentException(
                    "--device all: a survey is of one device: run it once for each that clnorm devices lists");
        }
        document = new SurveyDocument(minutes, PrivateText.ofThisMachine(System.getenv()));
        if (output != null) {
            file = SurveyFile.named(output);
        } else if (!Files.isWritable(Path.of(""))) {
            throw new IllegalArgumentException("the current folder cannot be written: name a file with --output");
        }
        return survey(selector);
    }

    @SuppressWarnings("try")
    private int survey(DeviceSelector selector) throws IOException {
        long whole = Math.max(1, (long) (minutes * NANOSECONDS) - Deadline.startUp());
        try (Interruption interruption = new Interruption();
                Deadline deadline = new Deadline(whole, this::expire);
                ProgressLine line = new ProgressLine(spec.commandLine().getErr())) {
            TimeBudget budget = new TimeBudget(CommandClock.current(), whole, interruption::requested);
            stages = new Stages(document, budget, this::log);
            if (file != null) {
                stages.keepIn(file);
            }
            int code;
            try {
                code = run(selector, budget, line);
            } catch (NoDeviceException e) {
                if (e.hasOtherDevices()) {
                    // The selector is wrong, not the machine: there is nothing to send.
                    if (file != null) {
                        document.finish();
                        file.finish(document.copy());
                    }
                    throw e;
                }
                if (file == null) {
                    file = SurveyFile.in(Path.of(""), FileStem.of("no device", Instant.now()));
                }
                finish();
                throw e;
            } finally {
                if (pytorch != null) {
                    pytorch.close();
                }
                deleteOwn();
            }
            line.close();
            finish();
            return code;
        }
    }

    private int run(DeviceSelector selector, TimeBudget budget, ProgressLine line) throws IOException {
        LongSupplier clock = CommandClock.current();
        double last = 1 - Math.min(MOST_OF_LAST, Math.max(LAST, LAST_SECONDS / (minutes * 60)));
        stages.run("doctor", DOCTOR, new DoctorStage(document));
        DeviceInfo[] found = new DeviceInfo[1];
        stages.run("device", 1, stop -> {
            found[0] = selector.select();
            document.put("device", DeviceJson.describe(SurveyDocument.object(), found[0]));
            return Stage.Outcome.OK;
        });
        DeviceInfo device = found[0];
        if (file == null) {
            file = SurveyFile.in(
                    Path.of(""), FileStem.of(device == null ? "interrupted" : device.name(), Instant.now()));
        }
        stages.keepIn(file);
        stages.require();
        if (device == null) {
            // Interrupted, or out of time.
            return ExitCode.FAILURE;
        }
        pytorch = PyTorch.find(
                pythonName == null ? PyTorch.pythons(System.getProperty("os.name", "")) : List.of(pythonName),
                pytorchDevice,
                device);
        List<Workload> workloads = SurveyedPasses.workloads();
        stages.run("verify", VERIFY, new VerifyStage(document, device, line));
        TuneStage[] tune = new TuneStage[1];
        stages.run("tune", TUNE, stop -> {
            own = new OwnDatabase();
            tune[0] = new TuneStage(
                    document,
                    device,
                    own.database(),
                    clock,
                    budget,
                    TUNE,
                    line,
                    stages::keep,
                    workloads,
                    SurveyedPasses.required());
            return tune[0].run(stop);
        });
        if (store) {
            stages.run("store", 1, stop -> {
                if (own == null) {
                    return Stage.Outcome.skipped("nothing was tuned");
                }
                own.storeForUser();
                return Stage.Outcome.OK;
            });
        }
        bench = new BenchStage(
                document,
                device,
                own == null ? null : own.database(),
                (workload, direction) -> tune[0] != null && tune[0].hasTuned(workload, direction),
                clock,
                budget,
                last,
                pytorch,
                line,
                stages::keep,
                workloads);
        stages.run("bench", last, bench);
        stages.add("pytorch", pytorch.outcome());
        return stages.failed() ? ExitCode.FAILURE : ExitCode.DONE;
    }

    /** Writes the finished document, and prints the summary. */
    private void finish() throws IOException {
        document.finish();
        ObjectNode written = document.copy();
        if (file.finish(written)) {
            print(written, bench == null ? List.of() : bench.ratios());
        }
    }

    /** The time is over, and a stage has not returned: writes what was kept last. Another thread may still measure. */
    private int expire() {
        PyTorch python = pytorch;
        if (python != null) {
            python.kill();
        }
        int code = writeLast();
        deleteOwn();
        return code;
    }

    private int writeLast() {
        SurveyFile target = file;
        ObjectNode kept = target == null ? null : target.last();
        if (kept == null) {
            log("the time was over before a device was found: give it longer with --minutes");
            return ExitCode.FAILURE;
        }
        SurveyDocument.expire(kept, stages.running());
        try {
            if (target.finish(kept)) {
                print(kept, List.of());
            }
            return ExitCode.DONE;
        } catch (IOException e) {
            log(String.valueOf(e.getMessage()));
            return ExitCode.FAILURE;
        }
    }

    /** Deletes the temporary database. Another thread may still use it. */
    private void deleteOwn() {
        OwnDatabase opened = own;
        if (opened != null) {
            try {
                opened.close();
            } catch (IOException e) {
                log("a temporary folder could not be deleted: " + e.getMessage());
            }
        }
    }

    private void print(ObjectNode written, List<Ratios.Line> lines) {
        PrintWriter out = file.isStandardOutput()
                ? spec.commandLine().getErr()
                : spec.commandLine().getOut();
        out.print(SurveySummary.of(written, lines));
        Optional.ofNullable(file.written()).ifPresent(path -> {
            out.println();
            out.println(path + ": please attach this file to a new issue at https://github.com/clnorm/clnorm/issues");
        });
        out.flush();
    }

    private void log(String text) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("clnorm: " + MessageText.oneLine(text));
        err.flush();
    }
}
