package io.github.clnorm.internal.driver;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static io.github.clnorm.internal.driver.JoclCalls.created;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.PlatformInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jocl.CL;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;

/** The program of a child that queries drivers. It writes each step and then the result to a report. */
final class DriverProbe {

    /** An argument: also create a context and a queue on each device. */
    static final String OPENING = "opening";

    /** The prefix of the steps that open a device. */
    static final String WHEN_OPENED = "when it made a ";

    private DriverProbe() {}

    /**
     * Queries the drivers of this process.
     *
     * @param arguments the report's file, and {@link #OPENING} or nothing
     * @throws IOException if the report cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        ChildJvm.endInTime();
        try (ProbeReport.Writer report = new ProbeReport.Writer(Path.of(arguments[0]))) {
            List<PlatformInfo> platforms;
            try {
                platforms = DeviceQuery.platforms(source -> new Reporting(source, report));
            } catch (RuntimeException | LinkageError e) {
                report.failure(DriverText.printable(e.getMessage() == null ? e.toString() : e.getMessage()));
                return;
            }
            linkError(platforms).ifPresent(reason -> written(() -> report.linkError(reason)));
            report.platforms(platforms);
            if (arguments.length > 1 && arguments[1].equals(OPENING)) {
                for (DeviceInfo device : DeviceQuery.devices(platforms)) {
                    open(device, report);
                }
            }
            report.step("when the process ended");
        }
        // Exits like a program with other threads.
        System.exit(0);
    }

    /** Opens a device as a program does. Ignores errors, which the program itself will report. */
    private static void open(DeviceInfo device, ProbeReport.Writer report) throws IOException {
        int[] code = new int[1];
        cl_context_properties properties = new cl_context_properties();
        properties.addProperty(CL.CL_CONTEXT_PLATFORM, device.handle().platform());
        cl_device_id[] devices = {device.handle().device()};
        report.step(WHEN_OPENED + "context on its device " + device.deviceIndex());
        cl_context context = created(code, () -> CL.clCreateContext(properties, 1, devices, null, null, code));
        if (context == null || code[0] != CL.CL_SUCCESS) {
            return;
        }
        report.step(WHEN_OPENED + "queue on its device " + device.deviceIndex());
        @SuppressWarnings("deprecation")
        cl_command_queue queue = created(code, () -> CL.clCreateCommandQueue(context, devices[0], 0, code));
        if (queue != null && code[0] == CL.CL_SUCCESS) {
            code(() -> CL.clReleaseCommandQueue(queue));
        }
        code(() -> CL.clReleaseContext(context));
    }

    /** The linker's reason if the only driver offers no platform. */
    private static Optional<String> linkError(List<PlatformInfo> platforms) {
        if (!platforms.isEmpty() || !Installation.hasIcdFiles()) {
            return Optional.empty();
        }
        Installation installation = Installation.ofThisMachine();
        List<IcdFile> icdFiles = installation.icdFiles();
        return icdFiles.size() == 1 ? installation.linkError(icdFiles.get(0)) : Optional.empty();
    }

    private interface Writing {
        void write() throws IOException;
    }

    private static void written(Writing writing) {
        try {
            writing.write();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reports each step before the call. */
    private record Reporting(PlatformSource source, ProbeReport.Writer report) implements PlatformSource {
        @Override
        public int platforms() {
            written(() -> report.step("while it was loaded"));
            return source.platforms();
        }

        @Override
        public PlatformInfo platform(int index) {
            written(() -> report.step("when it was asked for its platform's name"));
            return source.platform(index);
        }

        @Override
        public int devices(int platform) {
            written(() -> report.step("when it was asked for its devices"));
            return source.devices(platform);
        }

        @Override
        public DeviceInfo device(int platform, int device) {
            written(() -> report.step("when it was asked about its device " + device));
            return source.device(platform, device);
        }
    }
}
