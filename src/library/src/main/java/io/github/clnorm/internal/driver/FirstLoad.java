package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.Finding;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.device.PlatformInfo;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The first time that a process loads drivers and opens a device, which is when a broken one ends or blocks it. Leaves a note
 * as long as each lasts. Where an earlier process left one, the drivers are first asked in child processes: a note alone is
 * no proof, because the process may have been killed from outside. Other starts pay for two empty files. Thread-safe.
 */
public final class FirstLoad {

    // Made by the first thread; completed when the drivers may be loaded.
    private static final AtomicReference<CompletableFuture<Void>> LOOK = new AtomicReference<>();
    private static final AtomicBoolean OPENED = new AtomicBoolean();

    // Drivers that end or block a process which opens one of their devices.
    private static volatile List<DriverCheck.Verdict> notToBeOpened = List.of();

    // JNA's classes are not touched before a program asks for a guard that needs them.
    private static volatile Supplier<Guard> guards = NoGuard::new;
    private static volatile Supplier<Guard> stops = NoGuard::new;

    /** Something that is in force while drivers are loaded or a device is opened. */
    interface Guard extends AutoCloseable {
        @Override
        void close();

        /** The drivers were loaded, and the first device was opened or refused to be: the process is still there. */
        void passed();
    }

    private record NoGuard() implements Guard {
        @Override
        public void close() {
            // Nothing was in force.
        }

        @Override
        public void passed() {
            // No matter.
        }
    }

    private FirstLoad() {}

    /**
     * Sets what guards the load. Does nothing after it.
     *
     * @param maker of what is in force while drivers are loaded and while the first device is opened
     * @param stopMaker of what lets signals end the process while drivers are loaded
     */
    static void guardBy(Supplier<Guard> maker, Supplier<Guard> stopMaker) {
        guards = maker;
        stops = stopMaker;
    }

    /**
     * Loads the drivers, and asks them.
     *
     * @param load does so
     * @return what it returns
     * @throws NoDeviceException when an earlier process died in this, and a driver that ends or blocks its process was found
     */
    @SuppressWarnings("try")
    static List<PlatformInfo> watched(Supplier<List<PlatformInfo>> load) {
        if (ChildJvm.isChild()) {
            return load.get();
        }
        CompletableFuture<Void> own = new CompletableFuture<>();
        CompletableFuture<Void> look = LOOK.compareAndExchange(null, own);
        if (look != null) {
            await(look);
            return load.get();
        }
        StartNotes notes = StartNotes.ofUser();
        try {
            look(notes.left());
            own.complete(null);
        } catch (RuntimeException | Error e) {
            // Threads that wait get the same answer; the next attempt looks again.
            LOOK.set(null);
            own.completeExceptionally(e);
            throw e;
        }
        Optional<Path> note = notes.write();
        try (Guard guard = guards.get();
                Guard stop = stops.get();
                SlowHint hint = new SlowHint("the OpenCL drivers have not been loaded", ChildJvm.limit())) {
            return load.get();
        } finally {
            note.ifPresent(file -> StartNotes.delete(List.of(file)));
        }
    }

    /**
     * Opens a device: makes its context and queue.
     *
     * @param <T> what is made
     * @param device of {@link Devices#platforms()}
     * @param open does so
     * @return what it returns
     * @throws NoDeviceException when an earlier process died in this, and the device's driver ends or blocks its process
     */
    @SuppressWarnings("try")
    public static <T> T opening(DeviceInfo device, Supplier<T> open) {
        if (ChildJvm.isChild()) {
            return open.get();
        }
        List<Finding> guilty = notToBeOpened.stream()
                .filter(verdict -> Devices.of(verdict.platforms()).stream().anyMatch(other -> isSame(device, other)))
                .map(DriverCheck.Verdict::finding)
                .toList();
        if (!guilty.isEmpty()) {
            throw refusal(guilty, "Choose another device");
        }
        if (!OPENED.compareAndSet(false, true)) {
            return open.get();
        }
        Optional<Path> note = StartNotes.ofUser().write();
        try (Guard guard = guards.get();
                SlowHint hint = new SlowHint("the OpenCL device has not been opened", ChildJvm.limit())) {
            try {
                return open.get();
            } finally {
                guard.passed();
            }
        } finally {
            note.ifPresent(file -> StartNotes.delete(List.of(file)));
        }
    }

    /** Whether both describe one device: its indices depend on which drivers a process loads. */
    private static boolean isSame(DeviceInfo device, DeviceInfo other) {
        return device.platform().equals(other.platform())
                && device.name().equals(other.name())
                && device.driver().equals(other.driver());
    }

    private static void await(CompletableFuture<Void> look) {
        try {
            look.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof NoDeviceException none) {
                throw new NoDeviceException(none.getMessage(), none.findings());
            }
            throw e;
        }
    }

    private static System.Logger logger() {
        // Made here: a logger takes milliseconds of every start.
        return System.getLogger(FirstLoad.class.getName());
    }

    private static void look(List<Path> left) {
        if (left.isEmpty()) {
            return;
        }
        Optional<DriverCheck> check = DriverCheck.ofThisMachine();
        if (check.isEmpty()) {
            logger().log(
                            System.Logger.Level.WARNING,
                            "an earlier process ended while it loaded the OpenCL drivers: clnorm doctor tests each of them");
            StartNotes.delete(left);
            return;
        }
        List<DriverCheck.Verdict> guilty;
        try {
            guilty = check.get().openingDevices().ask().guilty();
        } catch (NoDeviceException e) {
            // No child could ask. What is missing is said when this process misses it.
            logger().log(System.Logger.Level.DEBUG, "the drivers could not be asked", e);
            return;
        }
        if (guilty.isEmpty()) {
            // Killed from outside, or mended since.
            StartNotes.delete(left);
            return;
        }
        List<Finding> cannotBeLoaded = guilty.stream()
                .filter(verdict -> verdict.platforms().isEmpty())
                .map(DriverCheck.Verdict::finding)
                .toList();
        if (!cannotBeLoaded.isEmpty()) {
            throw refusal(cannotBeLoaded, "clnorm doctor tests each driver");
        }
        notToBeOpened = guilty;
    }

    private static NoDeviceException refusal(List<Finding> guilty, String remedy) {
        return new NoDeviceException(
                "an earlier process ended while it loaded the OpenCL drivers or opened a device, and this one would, too: "
                        + guilty.stream().map(Finding::sentence).collect(Collectors.joining(". ")) + ". " + remedy,
                guilty);
    }
}
