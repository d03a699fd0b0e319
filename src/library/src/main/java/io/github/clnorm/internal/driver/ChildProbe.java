package io.github.clnorm.internal.driver;

import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The result of a child process that queried drivers. Immutable.
 *
 * @param platforms the platforms of the drivers; empty if a driver ended the child before it listed them
 * @param linkError why the dynamic linker cannot load the only driver, or null
 * @param fault what a driver did to the child, as the end of a sentence; null if all drivers behaved
 */
record ChildProbe(List<PlatformInfo> platforms, String linkError, String fault) {

    /** Copies ICD files to a folder, and returns the environment that makes the loader use only these. */
    static Map<String, String> vendors(ProbeFolder folder, List<IcdFile> icdFiles) throws IOException {
        for (IcdFile icd : icdFiles) {
            Files.copy(icd.file(), folder.path().resolve(icd.file().getFileName()));
        }
        Map<String, String> environment = new HashMap<>();
        environment.put("OCL_ICD_VENDORS", folder.path().toString());
        // These variables would load further drivers.
        environment.put("OPENCL_VENDOR_PATH", "");
        environment.put("OCL_ICD_FILENAMES", "");
        return environment;
    }

    /**
     * Queries drivers in a child.
     *
     * @param environment changes of the environment
     * @param opening whether to also create a context and a queue on each device
     * @throws NoDeviceException if the child could not query any driver
     */
    static ChildProbe run(Map<String, String> environment, boolean opening) {
        try (ProbeFolder folder = new ProbeFolder()) {
            Path file = Files.createFile(folder.path().resolve("report"));
            List<String> arguments = opening ? List.of(file.toString(), DriverProbe.OPENING) : List.of(file.toString());
            ChildJvm.Ending ending = ChildJvm.run(DriverProbe.class, environment, ChildJvm.limit(), arguments);
            ProbeReport report = ProbeReport.read(file);
            if (report.failure() != null) {
                throw new NoDeviceException(report.failure());
            }
            if (report.step().isEmpty()) {
                throw new NoDeviceException("the drivers could not be asked: a child process " + ending.description()
                        + lastLine(ending.output()));
            }
            boolean opens = report.step().startsWith(DriverProbe.WHEN_OPENED);
            if (!ending.isGood() || report.platforms() == null || opens) {
                boolean listed = report.platforms() != null && opens;
                return new ChildProbe(
                        listed ? report.platforms() : List.of(), null, ending.description() + " " + report.step());
            }
            return new ChildProbe(report.platforms(), report.linkError(), null);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static String lastLine(String output) {
        List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
        return lines.isEmpty() ? "" : " (" + DriverText.printable(lines.get(lines.size() - 1)) + ")";
    }

    static NoDeviceException failed(IOException e) {
        return new NoDeviceException("the drivers could not be asked in a child process: " + e.getMessage(), e);
    }
}
