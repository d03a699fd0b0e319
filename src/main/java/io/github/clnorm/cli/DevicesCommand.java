package io.github.clnorm.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.InstallAdvice;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
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
        versionProvider = Main.Version.class)
final class DevicesCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "One JSON document instead of a table.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        List<PlatformInfo> platforms;
        try {
            platforms = Devices.platforms();
        } catch (NoDeviceException e) {
            if (json) {
                out.println(document(List.of(), List.of()));
                out.flush();
            }
            throw e;
        }
        List<DeviceInfo> devices = Devices.of(platforms);
        if (json) {
            out.println(document(platforms, devices));
        } else if (!devices.isEmpty()) {
            out.print(table(devices));
        }
        out.flush();
        PrintWriter err = spec.commandLine().getErr();
        for (PlatformInfo platform : platforms) {
            if (platform.problem() != null) {
                err.println("platform " + platform.index() + " (" + platform.name() + "): " + platform.problem());
            }
        }
        if (devices.isEmpty()) {
            err.println("clnorm: no OpenCL device: " + (platforms.isEmpty() ? "the loader shows no platform"
                    : "none of " + platforms.size() + " platforms has one") + ". " + InstallAdvice.forThisMachine());
        }
        err.flush();
        return devices.isEmpty() ? ExitCode.NO_DEVICE : ExitCode.DONE;
    }

    private static String table(List<DeviceInfo> devices) {
        DeviceInfo best = DeviceSelector.parse(null).matching(devices).stream().findFirst().orElse(null);
        TextTable table = new TextTable(
                "selector", "type", "name", "platform", "vendor", "driver", "units", "MHz", "memory", "largest buffer",
                "work-group", "local", "fp16", "fp64");
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

    private static String document(List<PlatformInfo> platforms, List<DeviceInfo> devices) throws IOException {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ObjectNode root = mapper.createObjectNode();
        ArrayNode deviceNodes = root.putArray("devices");
        for (DeviceInfo device : devices) {
            DeviceJson.describe(deviceNodes.addObject(), device);
        }
        ArrayNode platformNodes = root.putArray("platforms");
        for (PlatformInfo platform : platforms) {
            platformNodes
                    .addObject()
                    .put("index", platform.index())
                    .put("name", platform.name())
                    .put("vendor", platform.vendor())
                    .put("version", platform.version())
                    .put("devices", platform.devices().size())
                    .put("problem", platform.problem());
        }
        return mapper.writeValueAsString(root);
    }

    private static String size(long bytes) {
        if (bytes >= 1L << 30) {
            return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
        }
        return bytes >= 1 << 20 ? (bytes >> 20) + " MiB" : (bytes >> 10) + " KiB";
    }
}
