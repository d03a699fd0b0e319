package io.github.clnorm.internal.driver;

import com.sun.jna.NativeLibrary;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.device.Finding;
import io.github.clnorm.device.PlatformInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jocl.cl_device_id;

/**
 * PoCL's second CPU device, which runs each command on the thread that enqueues it. PoCL's first one has threads of its
 * own, which sleep between commands; waking them takes as long as a small pass. Both share context, memory and compiler,
 * hence also bits. PoCL shows the second one if the variable {@code POCL_DEVICES} asks for it when the drivers are loaded.
 * Thread-safe.
 */
public final class PoclCompanion {

    /** The property that switches it off. */
    public static final String PROPERTY = "clnorm.companion";

    private static final String PLATFORM = "Portable Computing Language";
    private static final String VARIABLE = "POCL_DEVICES";
    private static final String DEVICES = "pthread basic";
    private static final String MODULE = "libpocl-devices-";
    // A team has two threads at least: one waits while the other works.
    private static final int FEWEST_UNITS = 2;
    private static final String SUBJECT = "PoCL's threads";
    // Of PoCL 3, and of PoCL 4 and later.
    private static final List<String> PREFIXES = List.of("basic", "cpu-minimal");
    private static final Map<cl_device_id, DeviceInfo> COMPANIONS = new ConcurrentHashMap<>();

    // The class's lock guards these.
    private static boolean asked;
    private static boolean isSet;

    private static volatile boolean leftOut;
    private static volatile boolean tried;
    private static volatile boolean requested;

    private PoclCompanion() {}

    /**
     * Leaves it out in this process. For one that makes few passes: starting JNA takes longer than it saves. Has no effect after
     * the drivers were loaded.
     */
    public static void leaveOut() {
        leftOut = true;
    }

    /** Asks for it also in a child process, which tests a device as a program uses it. Called before the drivers are loaded. */
    public static void tryInChild() {
        tried = true;
    }

    /**
     * Lets PoCL show it. Called before the drivers are loaded; later calls change nothing. No-op if it is switched off, if the
     * user has chosen PoCL's devices, or in a process that cannot set variables.
     */
    static synchronized void request() {
        if (asked) {
            return;
        }
        asked = true;
        if (leftOut || ChildJvm.isChild() && !tried || obstacle().isPresent()) {
            return;
        }
        try {
            NativeLibrary process = NativeLibrary.getProcess();
            // Native code may have set it since Java started.
            if (process.getFunction("getenv").invokeString(new Object[] {VARIABLE}, false) == null) {
                requested = process.getFunction("setenv").invokeInt(new Object[] {VARIABLE, DEVICES, 0}) == 0;
                isSet = requested;
            }
        } catch (UnsatisfiedLinkError e) {
            // Windows.
            requested = false;
        }
    }

    /** Called when the drivers are loaded. Unsets the variable, which this process's children would inherit. */
    static synchronized void loaded() {
        if (isSet) {
            isSet = false;
            NativeLibrary.getProcess().getFunction("unsetenv").invokeInt(new Object[] {VARIABLE});
        }
    }

    /** What keeps this process from asking for it, and what to do about that. */
    private static Optional<Obstacle> obstacle() {
        if ("off".equals(System.getProperty(PROPERTY))) {
            return Optional.of(new Obstacle("-D" + PROPERTY + "=off is set", "Remove it"));
        }
        if (System.getenv(VARIABLE) != null) {
            return Optional.of(new Obstacle(VARIABLE + " is set", "Unset it"));
        }
        if (JnaStart.problem().isPresent()) {
            return Optional.of(new Obstacle("this process has no JNA", "Add JNA to the class path"));
        }
        if (!hasItAndNoOther(Installation.ofThisMachine())) {
            return Optional.of(new Obstacle(
                    "this PoCL has other devices, or does not show which",
                    "No action is needed: clnorm would hide the other devices"));
        }
        return Optional.empty();
    }

    /** Whether PoCL has its two CPU devices and no other, which the variable would hide: each is a library in PoCL's folder. */
    private static boolean hasItAndNoOther(Installation installation) {
        List<Path> pocls = installation.icdFiles().stream()
                .filter(icd -> icd.library().contains("pocl"))
                .flatMap(icd -> installation.libraryOf(icd).stream())
                .toList();
        return !pocls.isEmpty() && pocls.stream().allMatch(PoclCompanion::hasItAndNoOther);
    }

    private static boolean hasItAndNoOther(Path pocl) {
        try (Stream<Path> files = Files.list(pocl.toRealPath().resolveSibling("pocl"))) {
            Set<String> devices = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(MODULE))
                    .map(name -> name.substring(MODULE.length(), name.lastIndexOf('.')))
                    .collect(Collectors.toSet());
            return devices.equals(Set.of(DEVICES.split(" ")));
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    private record Obstacle(String fact, String remedy) {}

    /**
     * What {@code clnorm doctor} says.
     *
     * @param platforms of this machine
     * @param inUse whether a process that asks for it runs launches on it
     * @return the finding; empty without a device of PoCL
     */
    static Optional<Finding> finding(List<PlatformInfo> platforms, boolean inUse) {
        List<DeviceInfo> devices = platforms.stream()
                .filter(platform -> platform.name().equals(PLATFORM))
                .flatMap(platform -> platform.devices().stream())
                .filter(device -> PREFIXES.stream().noneMatch(device.name()::startsWith))
                .toList();
        if (devices.isEmpty()) {
            return Optional.empty();
        }
        if (inUse) {
            return Optional.of(Finding.ok(SUBJECT, "PoCL's second device runs launches on clnorm's threads"));
        }
        Obstacle obstacle = obstacle().orElseGet(() -> unseenObstacle(devices));
        return Optional.of(new Finding(
                Finding.State.UNUSED,
                SUBJECT,
                "PoCL's second device is not used, so small passes take longer: " + obstacle.fact,
                obstacle.remedy));
    }

    /** What keeps a process from using it that has asked for it. */
    private static Obstacle unseenObstacle(List<DeviceInfo> devices) {
        boolean isSingle = devices.stream().allMatch(device -> device.computeUnits() < FEWEST_UNITS);
        return new Obstacle(
                isSingle ? "the device has a single compute unit" : "this PoCL shows none, or does not run it",
                "No action is needed: PoCL's own threads run launches");
    }

    /** Whether a device is a companion that this class has asked for, and no device of its own. */
    static boolean is(DeviceInfo device) {
        return requested
                && device.platform().equals(PLATFORM)
                && PREFIXES.stream().anyMatch(device.name()::startsWith);
    }

    /** A device with the index that it has if the companions before it are not counted. */
    static DeviceInfo without(List<DeviceInfo> companions, DeviceInfo device) {
        if (companions.isEmpty()) {
            return device;
        }
        DeviceInfo.Identity shown = device.identity();
        return new DeviceInfo(
                new DeviceInfo.Identity(
                        shown.platformIndex(),
                        shown.deviceIndex() - companions.size(),
                        shown.platform(),
                        shown.vendor(),
                        shown.name(),
                        shown.type(),
                        shown.driver(),
                        shown.version()),
                device.processor(),
                device.memory(),
                device.workGroup(),
                device.arithmetic(),
                device.hardware(),
                device.handle());
    }

    /** Remembers the companion of a platform's CPU. */
    static void remember(List<DeviceInfo> devices, List<DeviceInfo> companions) {
        for (DeviceInfo companion : companions) {
            devices.stream()
                    .filter(device -> device.type() == DeviceType.CPU)
                    .forEach(device -> COMPANIONS.put(device.handle().device(), companion));
        }
    }

    /**
     * The companion of a device.
     *
     * @param device a device
     * @return its companion, in the same platform; empty if it has none, or a single compute unit
     */
    public static Optional<cl_device_id> of(DeviceInfo device) {
        if (device.computeUnits() < FEWEST_UNITS) {
            return Optional.empty();
        }
        return Optional.ofNullable(COMPANIONS.get(device.handle().device()))
                .map(companion -> companion.handle().device());
    }

    /** All companions, which an application may have opened. */
    static Stream<DeviceInfo> all() {
        return COMPANIONS.values().stream();
    }
}
