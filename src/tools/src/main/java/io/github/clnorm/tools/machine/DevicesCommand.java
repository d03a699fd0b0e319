package io.github.clnorm.tools.machine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.device.DeviceAddresses;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import io.github.clnorm.internal.driver.Diagnosis;
import io.github.clnorm.internal.driver.DriverCheck;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.terminal.JsonDocument;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.TextTable;
import io.github.clnorm.tools.terminal.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the devices of this machine. */
@Command(
        name = "devices",
        description = "List every OpenCL device, with the selector that picks it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {"", "Exit code 3: there is no device; with --spark, no GPU, or none that matches $CLNORM_DEVICE."})
public final class DevicesCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print a JSON document instead of the table.")
    private boolean json;

    @Option(
            names = "--spark",
            description =
                    "Print the addresses of the GPUs, or of the devices that $CLNORM_DEVICE selects, as a discovery"
                            + " script of Apache Spark does.")
    private boolean spark;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (json && spark) {
            throw new IllegalArgumentException("--json and --spark are given, expected one of them");
        }
        Optional<DriverCheck> check = DriverCheck.ofThisMachine();
        DriverCheck.Answer answer;
        try {
            answer =
                    check.map(DriverCheck::ask).orElseGet(() -> new DriverCheck.Answer(Devices.platforms(), List.of()));
        } catch (NoDeviceException e) {
            print(out, new DriverCheck.Answer(List.of(), List.of()), List.of());
            throw e;
        }
        List<DeviceInfo> devices = Devices.of(answer.platforms());
        print(out, answer, devices);
        if (devices.isEmpty()) {
            // Each driver's own error is now worth the time.
            List<DriverCheck.DriverVerdict> verdicts =
                    answer.guilty().isEmpty() ? check.map(DriverCheck::each).orElse(List.of()) : answer.guilty();
            throw Diagnosis.ofThisMachine().noDevice(verdicts, answer.platforms());
        }
        PrintWriter err = spec.commandLine().getErr();
        answer.guilty()
                .forEach(verdict -> err.println(
                        "clnorm: " + MessageText.oneLine(verdict.finding().sentence())));
        if (!answer.guilty().isEmpty()) {
            err.println("clnorm: the selectors above hold without "
                    + (answer.guilty().size() == 1 ? "this driver" : "these drivers"));
        }
        for (PlatformInfo platform : answer.platforms()) {
            if (platform.problem() != null) {
                err.println("platform " + platform.index() + " (" + platform.name() + "): " + platform.problem());
            }
        }
        err.flush();
        return ExitCode.DONE;
    }

    private void print(PrintWriter out, DriverCheck.Answer answer, List<DeviceInfo> devices) throws IOException {
        if (spark) {
            printResource(out, answer, devices);
        } else if (json) {
            out.println(document(answer, devices));
        } else if (!devices.isEmpty()) {
            out.print(table(devices));
        }
        out.flush();
    }

    /** Also a resource without addresses is printed. */
    private static void printResource(PrintWriter out, DriverCheck.Answer answer, List<DeviceInfo> devices)
            throws IOException {
        List<String> addresses = List.of();
        try {
            if (!devices.isEmpty()) {
                addresses = DeviceAddresses.assignable(null, answer.platforms()).all();
            }
        } catch (NoDeviceException e) {
            // This command has no option for a selector.
            throw new NoDeviceException(e.getMessage() + ", with " + DeviceSelector.ENVIRONMENT, e.findings());
        } finally {
            out.println(SparkResource.of(addresses));
            out.flush();
        }
    }

    private static String table(List<DeviceInfo> devices) {
        DeviceInfo best = DeviceSelector.parse(null).matching(devices).stream()
                .findFirst()
                .orElse(null);
        TextTable table = new TextTable(
                "selector",
                "type",
                "name",
                "platform",
                "vendor",
                "driver",
                "units",
                "MHz",
                "memory",
                "largest buffer",
                "work-group",
                "local",
                "fp16",
                "fp64");
        for (DeviceInfo device : devices) {
            table.row(
                    device.selector() + (device == best ? " *" : ""),
                    device.type().word(),
                    device.name(),
                    device.platform(),
                    device.vendor(),
                    device.driver(),
                    Integer.toString(device.computeUnits()),
                    Integer.toString(device.clockMHz()),
                    size(device.globalMemory()),
                    size(device.maxBuffer()),
                    Integer.toString(device.maxWorkGroupSize()),
                    size(device.localMemory()),
                    device.fp16() ? "yes" : "no",
                    device.fp64() ? "yes" : "no");
        }
        return table + "* taken when nothing else is asked for\n";
    }

    private static String document(DriverCheck.Answer answer, List<DeviceInfo> devices) throws IOException {
        JsonDocument document = new JsonDocument();
        ObjectNode root = document.root();
        ArrayNode deviceNodes = root.putArray("devices");
        for (DeviceInfo device : devices) {
            DeviceJson.describe(deviceNodes.addObject(), device);
        }
        ArrayNode platformNodes = root.putArray("platforms");
        for (PlatformInfo platform : answer.platforms()) {
            platformNodes
                    .addObject()
                    .put("index", platform.index())
                    .put("name", platform.name())
                    .put("vendor", platform.vendor())
                    .put("version", platform.version())
                    .put("devices", platform.devices().size())
                    .put("problem", platform.problem());
        }
        ArrayNode guilty = root.putArray("broken_drivers");
        for (DriverCheck.DriverVerdict verdict : answer.guilty()) {
            guilty.addObject()
                    .put(
                            "icd_file",
                            verdict.icd() == null ? null : verdict.icd().file().toString())
                    .put("library", verdict.icd() == null ? null : verdict.icd().library())
                    .put("problem", verdict.fault());
        }
        return document.text();
    }

    private static String size(long bytes) {
        if (bytes >= 1L << 30) {
            return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
        }
        return bytes >= 1 << 20 ? (bytes >> 20) + " MiB" : (bytes >> 10) + " KiB";
    }
}
