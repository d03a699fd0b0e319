package io.github.clnorm.tools.normalize;

import io.github.clnorm.tools.machine.DeviceOption;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** Whether a command prints why each device has its share. */
final class ExplainOption {

    @Option(
            names = "--explain",
            description = "With --device all: also print the share of each device, and the times that it follows from.")
    private boolean explain;

    /** Rejects it for one device, which has no share. */
    void check(DeviceOption device) {
        if (explain && !device.isAll()) {
            throw new IllegalArgumentException("--explain prints the shares of several devices: expected --device all");
        }
    }

    /** Prints the lines, if they are wanted. */
    void print(PrintWriter out, String shares) {
        if (explain) {
            out.print(shares.endsWith("\n") || shares.isEmpty() ? shares : shares + "\n");
            out.flush();
        }
    }
}
