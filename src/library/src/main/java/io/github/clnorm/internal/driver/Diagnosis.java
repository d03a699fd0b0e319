package io.github.clnorm.internal.driver;

import io.github.clnorm.device.Finding;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds out why a machine lacks devices: checks the loader, the ICD files, the platforms and the devices, in this
 * order.
 * {@code clnorm doctor} prints the findings line by line; a {@link NoDeviceException} has them in one message.
 * Immutable and thread-safe.
 */
public final class Diagnosis {

    /** The subject of a finding about PoCL's cache folder. */
    static final String POCL_CACHE = "PoCL's cache";

    private final Installation installation;
    private final Map<String, String> environment;
    private final boolean hasIcdFiles;

    Diagnosis(Installation installation, Map<String, String> environment, boolean hasIcdFiles) {
        this.installation = installation;
        this.environment = environment;
        this.hasIcdFiles = hasIcdFiles;
    }

    /**
     * Returns the diagnosis of this machine.
     *
     * @return the diagnosis, which has not checked anything yet
     */
    public static Diagnosis ofThisMachine() {
        return new Diagnosis(Installation.ofThisMachine(), System.getenv(), Installation.hasIcdFiles());
    }

    /**
     * Checks the files: the loader, the folder of the ICD files, and each ICD file. Loads nothing.
     *
     * @return the findings; none on a system without ICD files
     */
    public List<Finding> files() {
        List<Finding> findings = new ArrayList<>();
        if (!hasIcdFiles) {
            return findings;
        }
        findings.add(loader());
        List<IcdFile> icdFiles = installation.icdFiles();
        if (icdFiles.isEmpty()) {
            findings.add(noIcdFiles());
        }
        icdFiles.forEach(icd -> findings.add(icdFile(icd)));
        installation.driversWithoutIcdFile().forEach(library -> findings.add(withoutIcdFile(library)));
        return findings;
    }

    /**
     * Checks the platforms.
     *
     * @param platforms the result of {@link DeviceQuery#platforms()}
     * @return a finding for each
     */
    public List<Finding> platforms(List<PlatformInfo> platforms) {
        return platforms.stream().map(this::platform).toList();
    }

    /**
     * Tells whether PoCL's launches run on clnorm's own threads.
     *
     * @param platforms the result of {@link DeviceQuery#platforms()}
     * @param inUse whether a test of one of their devices has run on them
     * @return the finding; empty without a device of PoCL
     */
    public Optional<Finding> poclCompanion(List<PlatformInfo> platforms, boolean inUse) {
        return PoclCompanion.finding(platforms, inUse);
    }

    /**
     * Checks PoCL's cache folder, without which PoCL offers no device.
     *
     * @return the finding; empty if PoCL is not installed or the folder can be written
     */
    public Optional<Finding> poclCache() {
        boolean installed = hasIcdFiles
                && installation.icdFiles().stream()
                        .anyMatch(icd -> icd.problem() == null && icd.library().contains("pocl"));
        return installed ? new PoclCache(environment, System.getProperty("user.home", "")).problem() : Optional.empty();
    }

    /**
     * Advises on a machine without a device: how to install a driver if there is none, otherwise the findings'
     * remedies.
     *
     * @param findings the findings
     * @return one or more sentences without a full stop at the end
     */
    public String advice(List<Finding> findings) {
        boolean installed = hasIcdFiles
                && installation.loader().isPresent()
                && (!installation.icdFiles().isEmpty() || installation.hasUsualIcdFiles());
        List<Path> unnamed = hasIcdFiles ? installation.driversWithoutIcdFile() : List.of();
        if (!unnamed.isEmpty()) {
            return withoutIcdFile(unnamed.get(0)).sentence();
        }
        if (!installed) {
            return withoutStop(InstallAdvice.forThisMachine());
        }
        String remedies = findings.stream()
                .map(Finding::remedy)
                .filter(remedy -> !remedy.isEmpty())
                .distinct()
                .collect(Collectors.joining(". "));
        return remedies.isEmpty() ? "Update the driver, or install another one" : remedies;
    }

    /**
     * Creates the exception for a machine without a device, after this process has loaded the drivers.
     *
     * @param lookedFor a clause that names the selector, or an empty string
     * @param platforms the platforms that were found
     * @return the exception
     */
    public NoDeviceException noDevice(String lookedFor, List<PlatformInfo> platforms) {
        List<Finding> problems =
                new ArrayList<>(files().stream().filter(Finding::isProblem).toList());
        problems.addAll(problemsOf(platforms));
        problems.addAll(silentDrivers(platforms.isEmpty()));
        return exception(lookedFor, !platforms.isEmpty(), problems);
    }

    /**
     * Creates the exception for drivers that were queried in child processes and offer no device. Loads no driver.
     *
     * @param verdicts the verdict about each driver
     * @param platforms the platforms of the drivers that behave
     * @return the exception with each driver's error
     */
    public NoDeviceException noDevice(List<DriverCheck.DriverVerdict> verdicts, List<PlatformInfo> platforms) {
        List<Finding> problems =
                new ArrayList<>(files().stream().filter(Finding::isProblem).toList());
        for (DriverCheck.DriverVerdict verdict : verdicts) {
            // files() has reported a missing library.
            if (verdict.isGuilty() || (verdict.icd() != null && verdict.icd().problem() == null)) {
                Finding finding = verdict.finding();
                if (finding.isProblem()) {
                    problems.add(finding);
                }
            }
        }
        problems.addAll(problemsOf(platforms));
        return exception("", !platforms.isEmpty(), problems);
    }

    private List<Finding> problemsOf(List<PlatformInfo> platforms) {
        List<Finding> problems = new ArrayList<>(
                platforms(platforms).stream().filter(Finding::isProblem).toList());
        if (problems.stream().noneMatch(problem -> problem.subject().equals(POCL_CACHE))) {
            poclCache().ifPresent(problems::add);
        }
        return problems;
    }

    private NoDeviceException exception(String lookedFor, boolean hasPlatform, List<Finding> problems) {
        Stream<String> none = hasPlatform ? Stream.empty() : Stream.of("There is: no OpenCL platform");
        String found = Stream.concat(none, problems.stream().map(Diagnosis::words))
                .distinct()
                .collect(Collectors.joining("; "));
        return new NoDeviceException(
                "no OpenCL device was found" + lookedFor + ". " + found + ". " + advice(problems), problems);
    }

    /**
     * Finds out why drivers with existing libraries offer no platform. The loader has loaded them in this process
     * already, so loading one again has no side effect.
     *
     * @param all whether no driver offers a platform, so that a driver that loads has a finding too
     */
    private List<Finding> silentDrivers(boolean all) {
        List<Finding> findings = new ArrayList<>();
        if (hasIcdFiles && installation.loader().isPresent()) {
            for (IcdFile icd : installation.icdFiles()) {
                Optional<String> linkError = icd.problem() == null ? installation.linkError(icd) : Optional.empty();
                if (linkError.isPresent() || (all && icd.problem() == null)) {
                    findings.add(silentDriver(icd, linkError));
                }
            }
        }
        return findings;
    }

    /** Creates the finding about a driver without a platform, with the dynamic linker's reason if there is one. */
    static Finding silentDriver(IcdFile icd, Optional<String> linkError) {
        return linkError
                .map(reason -> new Finding(
                        Finding.State.BROKEN,
                        "driver",
                        icd.file() + ": " + icd.library() + " cannot be loaded: " + reason,
                        "Install the driver's package again, or what it needs"))
                .orElseGet(() -> new Finding(
                        Finding.State.EMPTY,
                        "driver",
                        icd.file() + ": " + icd.library() + " loads, but offers no platform",
                        "Update the driver, or install another one"));
    }

    private Finding loader() {
        return installation
                .loader()
                .map(path -> Finding.ok("loader", path.toString()))
                .orElseGet(() -> new Finding(
                        Finding.State.MISSING,
                        "loader",
                        "the OpenCL loader libOpenCL.so.1 is in none of the dynamic linker's folders",
                        withoutStop(InstallAdvice.forThisMachine())));
    }

    private Finding noIcdFiles() {
        Path vendors = installation.vendors();
        return installation
                .redirection()
                .map(variable -> new Finding(
                        Finding.State.MISSING,
                        "ICD files",
                        variable + " makes the loader look for drivers in " + vendors + ", which has no ICD file",
                        installation.hasUsualIcdFiles()
                                ? "Unset " + variable + " to use the installed drivers"
                                : withoutStop(InstallAdvice.forThisMachine())))
                .orElseGet(() -> new Finding(
                        Finding.State.MISSING,
                        "ICD files",
                        "no driver is installed: no ICD file in " + vendors,
                        withoutStop(InstallAdvice.forThisMachine())));
    }

    private static Finding icdFile(IcdFile icd) {
        if (icd.problem() == null) {
            return Finding.ok("ICD file", icd.file() + " names " + icd.library());
        }
        return new Finding(
                Finding.State.BROKEN,
                "ICD file",
                icd.file() + ": " + icd.problem(),
                "Install the driver's package again, or remove the file: "
                        + InstallAdvice.asRoot("rm '" + icd.file() + "'"));
    }

    /** A driver that containers often get without its ICD file. */
    private static Finding withoutIcdFile(Path library) {
        return new Finding(
                Finding.State.UNUSED,
                "driver",
                library + " is a driver that no ICD file names",
                "To use it, write this path into a file driver.icd in a folder of your own, and set OCL_ICD_VENDORS to"
                        + " the folder");
    }

    private Finding platform(PlatformInfo platform) {
        String name = platform.index() + " " + platform.name()
                + (platform.version().isEmpty() ? "" : " (" + platform.version() + ")");
        if (platform.problem() != null) {
            return new Finding(Finding.State.BROKEN, "platform", name + ": " + platform.problem(), "Update its driver");
        }
        if (!platform.devices().isEmpty()) {
            return Finding.ok("platform", name);
        }
        if (platform.name().equals("Portable Computing Language")) {
            Optional<Finding> cache = new PoclCache(environment, System.getProperty("user.home", "")).problem();
            if (cache.isPresent()) {
                return cache.get();
            }
        }
        String remedy = platform.name().equals("rusticl")
                ? "rusticl shows the devices of drivers that are named: export RUSTICL_ENABLE=radeonsi (or iris, llvmpipe)"
                : "";
        return new Finding(Finding.State.EMPTY, "platform", name + " has no device", remedy);
    }

    private static String words(Finding finding) {
        return finding.subject().equals("platform") ? "Platform " + finding.detail() : finding.detail();
    }

    private static String withoutStop(String sentence) {
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }
}
