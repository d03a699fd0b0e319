package io.github.clnorm.tools.machine;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Finding;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command {@code doctor}: prints the findings of a {@link Checkup}. */
@Command(
        name = "doctor",
        description = "Explain why this machine has no (or the wrong) OpenCL device, and how to fix it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class DoctorCommand implements Callable<Integer> {

    // Launchers set it if standard error is a terminal.
    private static final String TERMINAL = "clnorm.terminal";

    @Spec
    private CommandSpec spec;

    private PrintWriter out;

    @Override
    public Integer call() throws IOException {
        out = spec.commandLine().getOut();
        Checkup checkup = new Checkup(this::line, this::testing);
        int working = checkup.run();
        out.println();
        if (working == 0) {
            out.println("No device works. " + checkup.advice() + ".");
        } else {
            out.println(working == 1 ? "1 device works." : working + " devices work.");
        }
        out.flush();
        return working == 0 ? ExitCode.NO_DEVICE : ExitCode.DONE;
    }

    private void testing(DeviceInfo device) {
        if (Boolean.getBoolean(TERMINAL)) {
            spec.commandLine().getErr().println("clnorm: testing " + MessageText.oneLine(Checkup.named(device)));
        }
    }

    private void line(Finding finding) {
        out.printf(
                "%-8s %-15s %s%n", finding.state().word(), finding.subject(), MessageText.oneLine(finding.sentence()));
        out.flush();
    }
}
