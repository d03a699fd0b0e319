package io.github.clnorm.internal.driver;

import io.github.clnorm.device.Devices;
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
 * Why a machine has no device, or lacks one: walks from the loader over the ICD files and the platforms to the devices.
 * What {@code clnorm doctor} prints line by line, a {@link NoDeviceException} says in one message. Immutable.
 */
public final class Diagnosis {

    /** The subject of findings about PoCL's cache folder. */
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
     * This machine's.
     *
     * @return the diagnosis; nothing has been looked at yet
     */
    public static Diagnosis ofThisMachine() {
        return new Diagnosis(Installation.ofThisMachine(), System.getenv(), Installation.hasIcdFiles());
    }

    /**
     * What the files show: the loader, where ICD files are looked for, and each of them. Loads nothing.
     *
     * @return the findings; none on a system without ICD files
     */
    public List<Finding> files() {
        List<Finding> findings = new ArrayList<>();
        if (!hasIcdFiles) {
            return findings;
        }
        findings.add(loader());
        List<Installation.IcdFile> icdFiles = installation.icdFiles();
        if (icdFiles.isEmpty()) {
            findings.add(noIcdFiles());
        }
        icdFiles.forEach(icd -> findings.add(icdFile(icd)));
        return findings;
    }

    /**
     * What the platforms show.
     *
     * @param platforms as {@link Devices#platforms()} gives them
     * @return a finding for each
     */
    public List<Finding> platforms(List<PlatformInfo> platforms) {
        return platforms.stream().map(this::platform).toList();
    }

    /**
     * What keeps PoCL from showing a device.
     *
     * @return the finding; empty where PoCL is not installed or its cache folder can be written
     */
    public Optional<Finding> poclCache() {
        boolean installed = hasIcdFiles
                && installation.icdFiles().stream()
                        .anyMatch(icd -> icd.problem() == null && icd.library().contains("pocl"));
        return installed ? new PoclCache(environment, System.getProperty("user.home", "")).problem() : Optional.empty();
    }

    /**
     * What mends a machine without a device: how to install one where nothing is installed, else what the findings say.
     *
     * @param findings what was found
     * @return one or more sentences without a full stop at the end
     */
    public String advice(List<Finding> findings) {
        boolean installed = hasIcdFiles
                && installation.loader().isPresent()
                && (!installation.icdFiles().isEmpty() || installation.hasUsualIcdFiles());
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
     * The exception for a machine without a device. The drivers have been loaded into this process.
     *
     * @param lookedFor a clause that names the selector, or an empty string
     * @param platforms the platforms that answered
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
     * The exception for drivers that were asked in child processes and offer no device. Loads no driver.
     *
     * @param verdicts what each driver did
     * @param platforms what those that behave offer
     * @return the exception, with every driver's own error
     */
    public NoDeviceException noDevice(List<DriverCheck.Verdict> verdicts, List<PlatformInfo> platforms) {
        List<Finding> problems =
                new ArrayList<>(files().stream().filter(Finding::isProblem).toList());
        for (DriverCheck.Verdict verdict : verdicts) {
            // Of a library that is missing the files have told.
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
     * Why drivers whose libraries exist showed no platform. The loader has tried them in this process already, so that
     * loading one again does nothing new.
     *
     * @param all whether none showed a platform, so that those that load are silent, too
     */
    private List<Finding> silentDrivers(boolean all) {
        List<Finding> findings = new ArrayList<>();
        if (hasIcdFiles && installation.loader().isPresent()) {
            for (Installation.IcdFile icd : installation.icdFiles()) {
                Optional<String> linkError = icd.problem() == null ? installation.linkError(icd) : Optional.empty();
                if (linkError.isPresent() || (all && icd.problem() == null)) {
                    findings.add(silentDriver(icd, linkError));
                }
            }
        }
        return findings;
    }

    /** The finding for a driver that shows no platform; with the dynamic linker's reason where it gave one. */
    static Finding silentDriver(Installation.IcdFile icd, Optional<String> linkError) {
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

    private static Finding icdFile(Installation.IcdFile icd) {
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
