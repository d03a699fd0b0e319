package io.github.clnorm.internal.driver;

import io.github.clnorm.device.Devices;
import io.github.clnorm.device.Finding;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
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
 * Asks drivers in child processes, so that one which crashes, hangs or ends its process is named and the others are
 * shown. This process loads no driver. Thread-safe.
 */
public final class DriverCheck {

    // Two drivers that load at once take about a fifth of a second.
    private static final long PATIENCE_MILLISECONDS = 2000;

    private final Installation installation;
    private final boolean opening;

    private DriverCheck(Installation installation, boolean opening) {
        this.installation = installation;
        this.opening = opening;
    }

    /** The same check, which also makes a context and a queue on each device. */
    DriverCheck openingDevices() {
        return new DriverCheck(installation, true);
    }

    /**
     * Of this machine's drivers.
     *
     * @return the check; empty where no child can be started, so that drivers can only be asked in this process
     */
    public static Optional<DriverCheck> ofThisMachine() {
        return ChildJvm.isPossible() && ProbeFolder.isPossible()
                ? Optional.of(new DriverCheck(Installation.ofThisMachine(), false))
                : Optional.empty();
    }

    /**
     * What a driver did when it was asked alone.
     *
     * @param icd its ICD file; null where the system has none and all drivers were asked at once
     * @param fault what it did to its process, as a sentence without a full stop at the end; null where it behaved
     * @param platforms what it offers; where it did not behave, empty unless that was when a device was opened
     * @param linkError why the dynamic linker cannot load it, or null
     */
    public record Verdict(Installation.IcdFile icd, String fault, List<PlatformInfo> platforms, String linkError) {

        /**
         * Whether the driver ended or blocked the process that asked it.
         *
         * @return true where it must not be loaded
         */
        public boolean isGuilty() {
            return fault != null;
        }

        /**
         * The verdict for people.
         *
         * @return what was found, and what mends it
         */
        public Finding finding() {
            if (isGuilty()) {
                return new Finding(Finding.State.BROKEN, "driver", fault, remedy());
            }
            if (platforms.isEmpty()) {
                return Diagnosis.silentDriver(icd, Optional.ofNullable(linkError));
            }
            int devices = Devices.of(platforms).size();
            return Finding.ok("driver", icd.file() + " answers: " + devices + (devices == 1 ? " device" : " devices"));
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
     * What all drivers say.
     *
     * @param platforms those of the drivers that behave, with the indices that they have in a process that loads these;
     *     devices have no handles
     * @param guilty the drivers that were left out
     */
    public record Answer(List<PlatformInfo> platforms, List<Verdict> guilty) {}

    /**
     * Asks all drivers in one child, as a program loads them, and only when that goes wrong each alone.
     *
     * @return the answer
     * @throws NoDeviceException when the loader or the library's native part cannot be loaded
     */
    public Answer ask() {
        ExecutorService background = Executors.newSingleThreadExecutor(DriverCheck::daemon);
        try {
            Future<Probe> all = background.submit(() -> probe(Map.of()));
            Probe probe = get(all, PATIENCE_MILLISECONDS);
            if (probe != null && probe.fault() == null) {
                return new Answer(probe.platforms(), List.of());
            }
            List<Verdict> verdicts = each();
            List<Verdict> guilty = verdicts.stream().filter(Verdict::isGuilty).toList();
            if (guilty.isEmpty()) {
                // Slow at first, or guilty only together.
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
     * Asks each driver in a child of its own.
     *
     * @return the verdicts in the order of the ICD files; one for all drivers where the system has no ICD files
     * @throws NoDeviceException when the loader or the library's native part cannot be loaded
     */
    public List<Verdict> each() {
        List<Installation.IcdFile> icdFiles = asked();
        if (icdFiles.isEmpty()) {
            return Installation.hasIcdFiles() ? List.of() : List.of(verdict(null, probe(Map.of())));
        }
        int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
        ExecutorService pool = Executors.newFixedThreadPool(Math.min(icdFiles.size(), threads), DriverCheck::daemon);
        try {
            List<CompletableFuture<Verdict>> verdicts = icdFiles.stream()
                    .map(icd -> CompletableFuture.supplyAsync(() -> verdict(icd, probe(List.of(icd))), pool))
                    .toList();
            return verdicts.stream().map(DriverCheck::join).toList();
        } finally {
            pool.shutdownNow();
        }
    }

    /**
     * What the drivers offer without some of them.
     *
     * @param guilty those to leave out
     * @return the platforms in the order in which a program sees them that loads only these; a guilty verdict where these
     *     drivers behave alone and not together
     */
    public Answer without(List<Verdict> guilty) {
        List<Installation.IcdFile> others = others(guilty);
        if (others.isEmpty() && Installation.hasIcdFiles()
                || guilty.stream().anyMatch(verdict -> verdict.icd() == null)) {
            return new Answer(List.of(), guilty);
        }
        Probe probe = probe(others);
        if (probe.fault() == null) {
            return new Answer(probe.platforms(), guilty);
        }
        List<Verdict> all = new ArrayList<>(guilty);
        all.add(new Verdict(
                null, "the drivers together, each of which behaves alone: " + probe.fault(), List.of(), null));
        return new Answer(List.of(), List.copyOf(all));
    }

    /**
     * What a class reported from a child.
     *
     * @param ending how the child ended
     * @param report the text that it wrote to its report; empty where it wrote none
     */
    public record Outcome(ChildJvm.Ending ending, String report) {}

    /**
     * Runs a class in a child that sees only some of the drivers.
     *
     * @param main the class; its main method gets the path of a file for its report, then the arguments
     * @param guilty the drivers to leave out
     * @param arguments for its main method
     * @return how it ended and what it reported
     * @throws IOException when it cannot be started
     */
    public Outcome run(Class<?> main, List<Verdict> guilty, String... arguments) throws IOException {
        try (ProbeFolder vendors = new ProbeFolder();
                ProbeFolder folder = new ProbeFolder()) {
            Path report = Files.createFile(folder.path().resolve("report"));
            List<String> all = new ArrayList<>(List.of(report.toString()));
            all.addAll(List.of(arguments));
            Map<String, String> environment = guilty.isEmpty() ? Map.of() : vendors(vendors, others(guilty));
            ChildJvm.Ending ending = ChildJvm.run(main, environment, ChildJvm.limitOfBuilds(), all);
            return new Outcome(ending, Files.readString(report));
        }
    }

    private List<Installation.IcdFile> others(List<Verdict> guilty) {
        List<Path> out = guilty.stream()
                .filter(v -> v.icd() != null)
                .map(v -> v.icd().file())
                .toList();
        return asked().stream().filter(icd -> !out.contains(icd.file())).toList();
    }

    /** The ICD files that the loader acts on. */
    private List<Installation.IcdFile> asked() {
        return Installation.hasIcdFiles()
                ? installation.icdFiles().stream()
                        .filter(icd -> !icd.library().isEmpty())
                        .toList()
                : List.of();
    }

    private static Verdict verdict(Installation.IcdFile icd, Probe probe) {
        if (probe.fault() == null) {
            return new Verdict(icd, null, probe.platforms(), probe.linkError());
        }
        String name = icd == null ? "an OpenCL driver" : icd.file() + ": the driver " + icd.library();
        return new Verdict(icd, name + " " + probe.fault(), probe.platforms(), null);
    }

    /** What a child found. */
    private record Probe(List<PlatformInfo> platforms, String linkError, String fault) {}

    private Probe probe(List<Installation.IcdFile> icdFiles) {
        if (icdFiles.size() == installation.icdFiles().size()) {
            // All of them: in the order in which the loader finds them.
            return probe(Map.of());
        }
        try (ProbeFolder folder = new ProbeFolder()) {
            return probe(vendors(folder, icdFiles));
        } catch (IOException e) {
            throw cannotAsk(e);
        }
    }

    private static Map<String, String> vendors(ProbeFolder folder, List<Installation.IcdFile> icdFiles)
            throws IOException {
        for (Installation.IcdFile icd : icdFiles) {
            Files.copy(icd.file(), folder.path().resolve(icd.file().getFileName()));
        }
        Map<String, String> environment = new HashMap<>();
        environment.put("OCL_ICD_VENDORS", folder.path().toString());
        // Named drivers would be loaded beside those of the folder.
        environment.put("OPENCL_VENDOR_PATH", "");
        environment.put("OCL_ICD_FILENAMES", "");
        return environment;
    }

    private Probe probe(Map<String, String> environment) {
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
                return new Probe(
                        listed ? report.platforms() : List.of(), null, ending.description() + " " + report.step());
            }
            return new Probe(report.platforms(), report.linkError(), null);
        } catch (IOException e) {
            throw cannotAsk(e);
        }
    }

    private static String lastLine(String output) {
        List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
        return lines.isEmpty() ? "" : " (" + DriverText.printable(lines.get(lines.size() - 1)) + ")";
    }

    private static NoDeviceException cannotAsk(IOException e) {
        return new NoDeviceException("the drivers could not be asked in a child process: " + e.getMessage(), e);
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
