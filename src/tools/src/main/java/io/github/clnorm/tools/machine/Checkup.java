package io.github.clnorm.tools.machine;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.Finding;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import io.github.clnorm.internal.cache.CacheFolder;
import io.github.clnorm.internal.driver.ChildJvm;
import io.github.clnorm.internal.driver.Diagnosis;
import io.github.clnorm.internal.driver.DriverCheck;
import io.github.clnorm.internal.driver.HugePageSupport;
import io.github.clnorm.internal.driver.PoclCompanion;
import io.github.clnorm.internal.runtime.SmokeTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Checks each step from the OpenCL loader to a running kernel. Drivers are loaded in child processes if these can be
 * started.
 */
public final class Checkup {

    private static final Set<String> PASSED = Set.of(SmokeTest.PASSED, SmokeTest.PASSED_ON_COMPANION);

    private final Consumer<Finding> findings;
    private final Consumer<DeviceInfo> testing;
    private final List<Finding> problems = new ArrayList<>();
    // Whether a device was tested on PoCL's companion.
    private boolean onCompanion;

    /**
     * Creates a checkup.
     *
     * @param findings receives each finding as soon as it is known
     * @param testing called before a device is tested
     */
    public Checkup(Consumer<Finding> findings, Consumer<DeviceInfo> testing) {
        this.findings = findings;
        this.testing = testing;
    }

    /**
     * Checks this machine.
     *
     * @return how many devices work
     * @throws IOException if a child process cannot be started
     */
    public int run() throws IOException {
        line(new Finding(
                Finding.State.OK,
                "Java",
                System.getProperty("java.version") + " on " + System.getProperty("os.name") + " "
                        + System.getProperty("os.arch"),
                ""));
        CacheFolder.problem()
                .ifPresent(problem -> line(new Finding(Finding.State.UNUSED, "cache folder", problem, "")));
        Diagnosis diagnosis = Diagnosis.ofThisMachine();
        diagnosis.files().forEach(this::line);
        int working = 0;
        try {
            working = devices(diagnosis);
        } catch (NoDeviceException e) {
            line(new Finding(Finding.State.BROKEN, "native library", e.getMessage(), ""));
        }
        diagnosis.poclCache().filter(cache -> !problems.contains(cache)).ifPresent(this::line);
        return working;
    }

    /**
     * What to do if no device works.
     *
     * @return a sentence without its full stop
     */
    public String advice() {
        return Diagnosis.ofThisMachine().advice(problems);
    }

    /**
     * Checks the drivers, their platforms and devices.
     *
     * @return how many devices work
     */
    private int devices(Diagnosis diagnosis) throws IOException {
        Optional<DriverCheck> check = DriverCheck.ofThisMachine();
        List<DriverCheck.DriverVerdict> guilty = new ArrayList<>();
        List<PlatformInfo> platforms;
        if (check.isPresent()) {
            for (DriverCheck.DriverVerdict verdict : check.get().each()) {
                line(verdict.finding());
                if (verdict.isGuilty()) {
                    guilty.add(verdict);
                }
            }
            DriverCheck.Answer answer = check.get().without(guilty);
            answer.guilty().stream()
                    .filter(verdict -> !guilty.contains(verdict))
                    .forEach(verdict -> line(verdict.finding()));
            platforms = answer.platforms();
        } else {
            platforms = Devices.platforms();
        }
        diagnosis.platforms(platforms).forEach(this::line);
        int working = 0;
        List<DeviceInfo> devices = Devices.of(platforms);
        for (DeviceInfo device : devices) {
            testing.accept(device);
            Finding finding = check.isPresent() ? tried(check.get(), guilty, device) : tried(device);
            line(finding);
            line(new Finding(Finding.State.OK, "hardware", device.selector() + " " + HardwareText.of(device), ""));
            working += finding.isProblem() ? 0 : 1;
        }
        diagnosis.poclCompanion(platforms, onCompanion).ifPresent(this::line);
        HugePageSupport.ofThisMachine().finding(devices).ifPresent(this::line);
        return working;
    }

    /** Builds and runs a kernel in a child process. */
    private Finding tried(DriverCheck check, List<DriverCheck.DriverVerdict> guilty, DeviceInfo device)
            throws IOException {
        DriverCheck.Outcome outcome = check.run(SmokeTest.class, guilty, device.selector());
        ChildJvm.Ending ending = outcome.ending();
        boolean passed = PASSED.contains(outcome.report());
        if (ending.isGood() && passed) {
            onCompanion |= outcome.report().equals(SmokeTest.PASSED_ON_COMPANION);
            return works(device);
        }
        boolean failed = !outcome.report().isEmpty() && !passed;
        return broken(
                device,
                failed ? outcome.report() : "its driver " + ending.description() + " while a kernel was built and run");
    }

    /** Builds and runs a kernel in this process. */
    private Finding tried(DeviceInfo device) {
        try {
            SmokeTest.run(device);
            onCompanion |= PoclCompanion.of(device).isPresent();
            return works(device);
        } catch (ClException | IllegalStateException e) {
            return broken(device, String.valueOf(e.getMessage()));
        }
    }

    private static Finding works(DeviceInfo device) {
        return new Finding(Finding.State.OK, "device", named(device) + " builds a kernel and adds two vectors", "");
    }

    private static Finding broken(DeviceInfo device, String reason) {
        return new Finding(
                Finding.State.BROKEN,
                "device",
                named(device) + ": " + reason,
                "Update its driver, or choose another with --device");
    }

    /** The device in a finding. */
    static String named(DeviceInfo device) {
        return device.selector() + " " + device.description();
    }

    private void line(Finding finding) {
        if (finding.isProblem()) {
            problems.add(finding);
        }
        findings.accept(finding);
    }
}
