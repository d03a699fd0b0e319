package io.github.clnorm.cli;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.InstallAdvice;
import io.github.clnorm.device.Installation;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import io.github.clnorm.runtime.SmokeTest;
import io.github.clnorm.runtime.opencl.ClException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Walks from the loader to a running kernel, and says where the way ends. */
@Command(
        name = "doctor",
        description = "Say why this machine has no (or the wrong) OpenCL device, and how to mend it.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class)
final class DoctorCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    private PrintWriter out;

    @Override
    public Integer call() {
        out = spec.commandLine().getOut();
        line("ok", "Java", System.getProperty("java.version") + " on " + System.getProperty("os.name") + " "
                + System.getProperty("os.arch"));
        if (Installation.hasIcdFiles()) {
            files(Installation.ofThisMachine());
        }
        int working = 0;
        try {
            List<PlatformInfo> platforms = Devices.platforms();
            line("ok", "native library", "JOCL and the OpenCL loader answer");
            platforms(platforms);
            for (DeviceInfo device : Devices.of(platforms)) {
                working += works(device) ? 1 : 0;
            }
        } catch (NoDeviceException e) {
            line("broken", "native library", e.getMessage());
        }
        if (working == 0) {
            out.println();
            out.println("No device works. " + Installation.ofThisMachine()
                    .redirection()
                    .map(variable -> variable + " hides the installed drivers; to see them: unset " + variable + ". ")
                    .orElse("") + InstallAdvice.forThisMachine());
        } else {
            out.println();
            out.println(working == 1 ? "1 device works." : working + " devices work.");
        }
        out.flush();
        return working == 0 ? ExitCode.NO_DEVICE : ExitCode.DONE;
    }

    private void files(Installation installation) {
        installation
                .loader()
                .ifPresentOrElse(
                        path -> line("ok", "loader", path.toString()),
                        () -> line("missing", "loader", "libOpenCL.so.1 is in none of the usual folders. "
                                + InstallAdvice.forThisMachine()));
        List<Installation.IcdFile> icdFiles = installation.icdFiles();
        if (icdFiles.isEmpty()) {
            line("missing", "ICD files", "none in " + installation.vendors() + ": "
                    + installation.redirection()
                            .map(variable -> "that is where " + variable + " points")
                            .orElse("no driver is installed"));
        }
        for (Installation.IcdFile icd : icdFiles) {
            if (icd.problem() == null) {
                line("ok", "ICD file", icd.file() + " names " + icd.library());
            } else {
                line("broken", "ICD file", icd.file() + ": " + icd.problem()
                        + ". Install the driver's package again, or remove the file: sudo rm " + icd.file());
            }
        }
    }

    private void platforms(List<PlatformInfo> platforms) {
        if (platforms.isEmpty()) {
            line("missing", "platform", "the loader shows none. " + InstallAdvice.forThisMachine());
        }
        for (PlatformInfo platform : platforms) {
            String name = platform.index() + " " + platform.name() + " (" + platform.version() + ")";
            if (platform.problem() != null) {
                line("broken", "platform", name + ": " + platform.problem());
            } else if (platform.devices().isEmpty()) {
                line("empty", "platform", name + " has no device" + hint(platform));
            } else {
                line("ok", "platform", name);
            }
        }
    }

    /** What is known to keep a platform from showing its devices. */
    private static String hint(PlatformInfo platform) {
        return switch (platform.name()) {
            case "rusticl" -> ". Name its driver to show them, such as: export RUSTICL_ENABLE=radeonsi (or iris, llvmpipe)";
            case "Portable Computing Language" ->
                ". It needs a folder that it can write to: export POCL_CACHE_DIR=/tmp/pocl";
            default -> "";
        };
    }

    private boolean works(DeviceInfo device) {
        String name = device.selector() + " " + device.description();
        try {
            SmokeTest.run(device);
            line("ok", "device", name + " builds a kernel and adds two vectors");
            return true;
        } catch (ClException | IllegalStateException e) {
            line("broken", "device", name + ": " + e.getMessage().replaceAll("\\s*\\R\\s*", " ")
                    + ". Update its driver, or choose another with --device");
            return false;
        }
    }

    private void line(String state, String what, String detail) {
        out.printf("%-8s %-15s %s%n", state, what, detail);
    }
}
