package io.github.clnorm.internal.driver;

import io.github.clnorm.device.Finding;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Queries drivers in child processes, to find drivers that crash, hang or end their process, and to list the others.
 * This process loads no driver. Thread-safe.
 */
public final class DriverCheck {

    // Loading two drivers takes about 0.2 s.
    private static final long MAX_WAIT_MILLISECONDS = 2000;

    private final Installation installation;
    private final boolean opening;

    private DriverCheck(Installation installation, boolean opening) {
        this.installation = installation;
        this.opening = opening;
    }

    /** Returns a check that also creates a context and a queue on each device. */
    DriverCheck openingDevices() {
        return new DriverCheck(installation, true);
    }

    /**
     * Returns a check of this machine's drivers.
     *
     * @return the check; empty if no child can be started, so that drivers can be queried only in this process
     */
    public static Optional<DriverCheck> ofThisMachine() {
        return ChildJvm.isPossible() && ProbeFolder.isPossible()
                ? Optional.of(new DriverCheck(Installation.ofThisMachine(), false))
                : Optional.empty();
    }

    /**
     * The result of querying a driver alone.
     *
     * @param icd its ICD file; null if the system has none and all drivers were queried together
     * @param fault what it did to its process, as a sentence without a full stop at the end; null if it behaved
     * @param platforms its platforms; empty if it failed before a device was opened
     * @param linkError why the dynamic linker cannot load it, or null
     */
    public record DriverVerdict(IcdFile icd, String fault, List<PlatformInfo> platforms, String linkError) {

        /**
         * Returns whether the driver ended or blocked its process.
         *
         * @return true if it must not be loaded
         */
        public boolean isGuilty() {
            return fault != null;
        }

        /**
         * Describes the verdict.
         *
         * @return the finding with its remedy
         */
        public Finding finding() {
            if (isGuilty()) {
                return new Finding(Finding.State.BROKEN, "driver", fault, remedy());
            }
            if (platforms.isEmpty() && icd == null) {
                return new Finding(
                        Finding.State.EMPTY, "driver", "the loader offers no platform", InstallAdvice.forThisMachine());
            }
            if (platforms.isEmpty()) {
                return Diagnosis.silentDriver(icd, Optional.ofNullable(linkError));
            }
            int devices = DeviceQuery.devices(platforms).size();
            // Without ICD files the verdict is about all drivers.
            String asked = icd == null ? "the loader" : icd.file().toString();
            return Finding.ok("driver", asked + " answers: " + devices + (devices == 1 ? " device" : " devices"));
        }

        private String remedy() {
            return icd == null
                    ? "Update the driver of the GPU's vendor"
                    : (platforms.isEmpty() ? "Every OpenCL program " : "Every program that opens its device ")
                            + consequence()
                            + " until the driver is updated or its ICD file is removed: "
                            + InstallAdvice.asRoot("rm '" + icd.file() + "'");
        }

        private String consequence() {
            if (fault.contains(" did not answer ")) {
                return "will hang";
            }
            return fault.contains(" crashed ") || fault.contains(" aborted ") ? "will crash" : "will be ended";
        }
    }

    /**
     * The result of querying all drivers.
     *
     * @param platforms the platforms of the drivers that behave, with the indices of a process that loads only these;
     *     devices have no handles
     * @param guilty the drivers that were left out
     */
    public record Answer(List<PlatformInfo> platforms, List<DriverVerdict> guilty) {}

    /**
     * Queries all drivers in one child, as a program loads them. If that fails, it queries each driver alone.
     *
     * @return the answer
     * @throws NoDeviceException if the loader or JOCL's native library cannot be loaded
     */
    public Answer ask() {
        ExecutorService background = Executors.newSingleThreadExecutor(DriverCheck::daemon);
        try {
            Future<ChildProbe> all = background.submit(() -> ChildProbe.run(Map.of(), opening));
            ChildProbe probe = get(all, MAX_WAIT_MILLISECONDS);
            if (probe != null && probe.fault() == null) {
                return new Answer(probe.platforms(), List.of());
            }
            List<DriverVerdict> verdicts = each();
            List<DriverVerdict> guilty =
                    verdicts.stream().filter(DriverVerdict::isGuilty).toList();
            if (guilty.isEmpty()) {
                // The drivers were only slow, or they fail only together.
                probe = probe == null ? get(all, ChildJvm.limit().toMillis() * 2) : probe;
                if (probe != null && probe.fault() == null) {
                    return new Answer(probe.platforms(), List.of());
                }
            }
            return without(guilty);
        } finally {
            background.shutdownNow();
        }
    }

    /**
     * Queries each driver in its own child.
     *
     * @return the verdicts in the order of the ICD files; one for all drivers if the system has no ICD files
     * @throws NoDeviceException if the loader or JOCL's native library cannot be loaded
     */
    public List<DriverVerdict> each() {
        List<IcdFile> icdFiles = asked();
        if (icdFiles.isEmpty()) {
            return Installation.hasIcdFiles() ? List.of() : List.of(verdict(null, ChildProbe.run(Map.of(), opening)));
        }
        int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
        ExecutorService pool = Executors.newFixedThreadPool(Math.min(icdFiles.size(), threads), DriverCheck::daemon);
        try {
            List<CompletableFuture<DriverVerdict>> verdicts = icdFiles.stream()
                    .map(icd -> CompletableFuture.supplyAsync(() -> verdict(icd, probe(List.of(icd))), pool))
                    .toList();
            return verdicts.stream().map(DriverCheck::join).toList();
        } finally {
            pool.shutdownNow();
        }
    }

    /**
     * Queries the drivers without some of them.
     *
     * @param guilty the drivers to leave out
     * @return the platforms in the order of a process that loads only these drivers; a guilty verdict if the drivers
     *     behave alone but not together
     */
    public Answer without(List<DriverVerdict> guilty) {
        List<IcdFile> others = others(guilty);
        if (others.isEmpty() && Installation.hasIcdFiles()
                || guilty.stream().anyMatch(verdict -> verdict.icd() == null)) {
            return new Answer(List.of(), guilty);
        }
        ChildProbe probe = probe(others);
        if (probe.fault() == null) {
            return new Answer(probe.platforms(), guilty);
        }
        List<DriverVerdict> all = new ArrayList<>(guilty);
        all.add(new DriverVerdict(
                null, "the drivers together, each of which behaves alone: " + probe.fault(), List.of(), null));
        return new Answer(List.of(), List.copyOf(all));
    }

    /**
     * The result of running a class in a child.
     *
     * @param ending how the child ended
     * @param report the text that it wrote to its report; empty if it wrote none
     */
    public record Outcome(ChildJvm.Ending ending, String report) {}

    /**
     * Runs a class in a child without some of the drivers.
     *
     * @param main the class; its main method receives the path of a file for its report, then the arguments
     * @param guilty the drivers to leave out
     * @param arguments for its main method
     * @return how it ended and what it reported
     * @throws IOException if it cannot be started
     */
    public Outcome run(Class<?> main, List<DriverVerdict> guilty, String... arguments) throws IOException {
        try (ProbeFolder vendors = new ProbeFolder();
                ProbeFolder folder = new ProbeFolder()) {
            Path report = Files.createFile(folder.path().resolve("report"));
            List<String> all = new ArrayList<>(List.of(report.toString()));
            all.addAll(List.of(arguments));
            Map<String, String> environment = guilty.isEmpty() ? Map.of() : ChildProbe.vendors(vendors, others(guilty));
            ChildJvm.Ending ending = ChildJvm.run(main, environment, ChildJvm.limitOfBuilds(), all);
            return new Outcome(ending, Files.readString(report));
        }
    }

    private List<IcdFile> others(List<DriverVerdict> guilty) {
        List<Path> out = guilty.stream()
                .filter(v -> v.icd() != null)
                .map(v -> v.icd().file())
                .toList();
        return asked().stream().filter(icd -> !out.contains(icd.file())).toList();
    }

    /** The ICD files that name a library. */
    private List<IcdFile> asked() {
        return Installation.hasIcdFiles()
                ? installation.icdFiles().stream()
                        .filter(icd -> !icd.library().isEmpty())
                        .toList()
                : List.of();
    }

    private static DriverVerdict verdict(IcdFile icd, ChildProbe probe) {
        if (probe.fault() == null) {
            return new DriverVerdict(icd, null, probe.platforms(), probe.linkError());
        }
        String name = icd == null ? "an OpenCL driver" : icd.file() + ": the driver " + icd.library();
        return new DriverVerdict(icd, name + " " + probe.fault(), probe.platforms(), null);
    }

    private ChildProbe probe(List<IcdFile> icdFiles) {
        if (!Installation.hasIcdFiles()
                || icdFiles.size() == installation.icdFiles().size()) {
            // All drivers, in the loader's own order.
            return ChildProbe.run(Map.of(), opening);
        }
        try (ProbeFolder folder = new ProbeFolder()) {
            return ChildProbe.run(ChildProbe.vendors(folder, icdFiles), opening);
        } catch (IOException e) {
            throw ChildProbe.failed(e);
        }
    }

    private static <T> T get(Future<T> future, long milliseconds) {
        try {
            return future.get(milliseconds, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException e) {
            throw unwrapped(e);
        }
    }

    private static <T> T join(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while drivers were asked", e);
        } catch (ExecutionException e) {
            throw unwrapped(e);
        }
    }

    private static RuntimeException unwrapped(ExecutionException e) {
        return e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "clnorm-driver-check");
        thread.setDaemon(true);
        return thread;
    }
}
