package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
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
 * Protects the first loading of drivers and the first opening of a device, when a broken driver ends or blocks the
 * process. A note exists on disk during each of them. If an earlier process left its note, the drivers are first
 * queried in child processes, because the earlier process may also have been killed from outside. Other starts only
 * write two empty files. Thread-safe.
 */
public final class FirstLoad {

    // Created by the first thread; completed when it has loaded the drivers. Other threads wait: PoCL shows no device
    // to a
    // thread that asks while another one loads it (PoCL 3.1 to 7.0).
    private static final AtomicReference<CompletableFuture<Void>> LOADED = new AtomicReference<>();
    private static final AtomicBoolean OPENED = new AtomicBoolean();

    // Drivers that end or block a process that opens one of their devices.
    private static volatile List<DriverCheck.DriverVerdict> notToBeOpened = List.of();

    // Loads JNA's classes only if a program asks for a guard.
    private static volatile Supplier<Guard> guards = NoGuard::new;
    private static volatile Supplier<Guard> stops = NoGuard::new;

    /** Active while drivers are loaded or a device is opened. */
    interface Guard extends AutoCloseable {
        @Override
        void close();

        /** Called after the first device was opened, or failed to open, and the process still runs. */
        void passed();
    }

    private record NoGuard() implements Guard {
        @Override
        public void close() {
            // No guard was active.
        }

        @Override
        public void passed() {
            // Nothing to remember.
        }
    }

    private FirstLoad() {}

    /**
     * Sets the guards. Has no effect after the drivers were loaded.
     *
     * @param maker creates the guard for loading drivers and for opening the first device
     * @param stopMaker creates the guard that lets signals end the process while drivers are loaded
     */
    static void guardBy(Supplier<Guard> maker, Supplier<Guard> stopMaker) {
        guards = maker;
        stops = stopMaker;
    }

    /**
     * Loads and queries the drivers. Threads that call this while another one loads them for the first time wait for it.
     *
     * @param load loads them
     * @return the result of {@code load}
     * @throws NoDeviceException if an earlier process died here, and a driver that ends or blocks its process was found
     */
    static List<PlatformInfo> watched(Supplier<List<PlatformInfo>> load) {
        if (ChildJvm.isChild()) {
            return load.get();
        }
        CompletableFuture<Void> own = new CompletableFuture<>();
        CompletableFuture<Void> loaded = LOADED.compareAndExchange(null, own);
        if (loaded != null) {
            await(loaded);
            return load.get();
        }
        StartNotes notes = StartNotes.ofUser();
        try {
            look(notes.left());
        } catch (RuntimeException | Error e) {
            // Waiting threads get the same failure; the next attempt checks again.
            LOADED.set(null);
            own.completeExceptionally(e);
            throw e;
        }
        try {
            return loaded(load, notes);
        } finally {
            // After a failure, too: each waiting thread then finds out for itself.
            own.complete(null);
        }
    }

    @SuppressWarnings("try")
    private static List<PlatformInfo> loaded(Supplier<List<PlatformInfo>> load, StartNotes notes) {
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
     * Opens a device: creates its context and queue.
     *
     * @param <T> the type of the result
     * @param device a device of {@link DeviceQuery#platforms()}
     * @param open opens it
     * @return the result of {@code open}
     * @throws NoDeviceException if an earlier process died here, and the device's driver ends or blocks its process
     */
    @SuppressWarnings("try")
    public static <T> T opening(DeviceInfo device, Supplier<T> open) {
        if (ChildJvm.isChild()) {
            return open.get();
        }
        List<Finding> guilty = notToBeOpened.stream()
                .filter(verdict ->
                        DeviceQuery.devices(verdict.platforms()).stream().anyMatch(other -> isSame(device, other)))
                .map(DriverCheck.DriverVerdict::finding)
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

    /** Whether both describe the same device. Its indices differ between processes that load different drivers. */
    private static boolean isSame(DeviceInfo device, DeviceInfo other) {
        return device.platform().equals(other.platform())
                && device.name().equals(other.name())
                && device.driver().equals(other.driver());
    }

    private static void await(CompletableFuture<Void> loaded) {
        try {
            loaded.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof NoDeviceException none) {
                throw new NoDeviceException(none.getMessage(), none.findings());
            }
            throw e;
        }
    }

    private static System.Logger logger() {
        // Created here, because creating a logger would add milliseconds to each start.
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
        List<DriverCheck.DriverVerdict> guilty;
        try {
            guilty = check.get().openingDevices().ask().guilty();
        } catch (NoDeviceException e) {
            // No child could query the drivers. This process will report the reason when it loads them.
            logger().log(System.Logger.Level.DEBUG, "the drivers could not be asked", e);
            return;
        }
        if (guilty.isEmpty()) {
            // The process was killed from outside, or the driver was repaired.
            StartNotes.delete(left);
            return;
        }
        List<Finding> cannotBeLoaded = guilty.stream()
                .filter(verdict -> verdict.platforms().isEmpty())
                .map(DriverCheck.DriverVerdict::finding)
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
