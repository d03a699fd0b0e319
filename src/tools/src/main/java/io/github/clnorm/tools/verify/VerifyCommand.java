package io.github.clnorm.tools.verify;

import io.github.clnorm.Backend;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.tools.conformance.Conformance;
import io.github.clnorm.tools.conformance.ConformanceReport;
import io.github.clnorm.tools.machine.DevicesOption;
import io.github.clnorm.tools.terminal.AtomicFile;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.JsonOption;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.ProgressLine;
import io.github.clnorm.tools.terminal.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code verify}. */
@Command(
        name = "verify",
        description = "Test the results and gradients of a device against PyTorch's own cases and a float64 reference.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "The error is |y - expected| / (1 + |expected|), for gradients of parameters |y - expected| / the"
                    + " magnitudes of the terms, sum of |dy| (1 + |xhat|) for the weight and of |dy| for the bias,"
                    + " beyond the error of the expected value itself. Takes a few minutes, mostly for the driver's"
                    + " compiler.",
            "Exit code 1: a case failed."
        })
public final class VerifyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private DevicesOption devices;

    @Mixin
    private JsonOption json;

    @Option(
            names = "--only",
            paramLabel = "ROW",
            defaultValue = "",
            description = "Only the rows whose names begin with this text, such as group_norm. Default: all.")
    private String only;

    @Override
    public Integer call() throws IOException {
        devices.check();
        if (json.replacesTable()) {
            return verifyAsJson();
        }
        try (AtomicFile file = json.open()) {
            return verify(new VerifyJson(), file);
        }
    }

    /** Prints the document instead of the table, even if there is no device. */
    private int verifyAsJson() throws IOException {
        VerifyJson document = new VerifyJson();
        PrintWriter out = spec.commandLine().getOut();
        try {
            boolean passed = true;
            for (DeviceInfo device : devices.select()) {
                passed &= verify(device, document, null);
            }
            return passed ? ExitCode.DONE : ExitCode.FAILURE;
        } finally {
            out.print(document.text());
            out.flush();
        }
    }

    /** Prints the table, and writes the document to a file if there is one. */
    private int verify(VerifyJson document, AtomicFile file) throws IOException {
        boolean passed = true;
        for (DeviceInfo device : devices.select()) {
            passed &= verify(device, document, spec.commandLine().getOut());
        }
        if (file != null) {
            file.write(document.text());
        }
        return passed ? ExitCode.DONE : ExitCode.FAILURE;
    }

    /**
     * Verifies one device.
     *
     * @return whether it passed
     */
    private boolean verify(DeviceInfo device, VerifyJson document, PrintWriter table) {
        PrintWriter err = spec.commandLine().getErr();
        long start = System.nanoTime();
        try {
            ConformanceReport report = run(device);
            document.add(report);
            if (table != null) {
                table.print(VerifyTable.of(report));
                table.flush();
            }
            err.printf(
                    Locale.ROOT,
                    "%s: %d of %d cases passed, %.1f s%n",
                    device.description(),
                    report.cases() - report.failures().size(),
                    report.cases(),
                    (System.nanoTime() - start) / 1e9);
            err.flush();
            return report.passed();
        } catch (ClException | IllegalStateException e) {
            // If a device cannot be opened, the others are still verified.
            String problem = MessageText.oneLine(e.getMessage());
            document.addFailure(device, problem);
            err.println("clnorm: " + device.description() + ": " + problem);
            err.flush();
            return false;
        }
    }

    private ConformanceReport run(DeviceInfo device) {
        try (Backend backend = Backend.open(device);
                ProgressLine line = new ProgressLine(spec.commandLine().getErr())) {
            return Conformance.run(backend, only, (done, all, name) -> line.show(done, all, name));
        }
    }
}
