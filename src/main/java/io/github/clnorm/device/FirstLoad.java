package io.github.clnorm.device;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The first time that a process loads drivers, which is when a broken one ends or blocks it. Leaves a note as long as that
 * lasts. Where an earlier process left one, the drivers are first asked in child processes: a note alone is no proof,
 * because the process may have been killed from outside. Other starts pay for one empty file. Thread-safe.
 */
final class FirstLoad {

    private static final System.Logger LOGGER = System.getLogger(FirstLoad.class.getName());
    private static final AtomicBoolean DONE = new AtomicBoolean();

    // JNA's classes are not touched before a program asks for a guard that needs them.
    private static volatile Supplier<Guard> guards = () -> () -> {};

    /** Something that is in force while drivers are loaded. */
    interface Guard extends AutoCloseable {
        @Override
        void close();
    }

    private FirstLoad() {}

    /** Sets what guards the load. Does nothing after it. */
    static void guardBy(Supplier<Guard> maker) {
        guards = maker;
    }

    /**
     * Loads the drivers, and asks them.
     *
     * @param load does so
     * @return what it returns
     * @throws NoDeviceException when an earlier process died in this, and a driver that ends or blocks its process was found
     */
    static List<PlatformInfo> watched(Supplier<List<PlatformInfo>> load) {
        if (ChildJvm.isChild() || !DONE.compareAndSet(false, true)) {
            return load.get();
        }
        StartNotes notes = StartNotes.ofUser();
        try {
            look(notes.left());
        } catch (NoDeviceException e) {
            // The next attempt looks again.
            DONE.set(false);
            throw e;
        }
        Optional<Path> note = notes.write();
        Guard guard = guards.get();
        CountDownLatch loaded = hintAfter(ChildJvm.limit());
        try {
            return load.get();
        } finally {
            loaded.countDown();
            guard.close();
            note.ifPresent(file -> StartNotes.delete(List.of(file)));
        }
    }

    /** Says that drivers are slow, should the result not be counted down by then. */
    private static CountDownLatch hintAfter(Duration limit) {
        CountDownLatch loaded = new CountDownLatch(1);
        Thread thread = new Thread(
                () -> {
                    try {
                        if (!loaded.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                            LOGGER.log(System.Logger.Level.WARNING, "the OpenCL drivers have not been loaded after "
                                    + limit.toSeconds() + " s: clnorm doctor names one that hangs");
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "clnorm-slow-drivers");
        thread.setDaemon(true);
        thread.start();
        return loaded;
    }

    private static void look(List<Path> left) {
        if (left.isEmpty()) {
            return;
        }
        Optional<DriverCheck> check = DriverCheck.ofThisMachine();
        if (check.isEmpty()) {
            LOGGER.log(System.Logger.Level.WARNING,
                    "an earlier process ended while it loaded the OpenCL drivers: clnorm doctor tests each of them");
            StartNotes.delete(left);
            return;
        }
        List<Finding> guilty;
        try {
            guilty = check.get().ask().guilty().stream().map(DriverCheck.Verdict::finding).toList();
        } catch (NoDeviceException e) {
            // No child could ask. What is missing is said when this process misses it.
            LOGGER.log(System.Logger.Level.DEBUG, "the drivers could not be asked", e);
            return;
        }
        if (guilty.isEmpty()) {
            // Killed from outside, or mended since.
            StartNotes.delete(left);
            return;
        }
        throw new NoDeviceException(
                "an earlier process ended while it loaded the OpenCL drivers, and this one would, too: "
                        + guilty.stream().map(Finding::sentence).collect(Collectors.joining(". "))
                        + ". clnorm doctor tests each driver",
                guilty);
    }
}
