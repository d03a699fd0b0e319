package io.github.clnorm.internal.runtime;

import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reclaims what became unreachable without being closed, and warns. The first such object of the process is reported, and
 * no other. The system property {@code clnorm.leaks} changes that: {@code on} records where everything is allocated, and
 * reports each place once; {@code off} reports nothing.
 */
final class Leaks {

    private static final String LOGGER = "io.github.clnorm";
    private static final String PROPERTY = "clnorm.leaks";
    // A program that allocates in ever-changing places must not fill the memory.
    private static final int MOST_SITES = 1000;

    private static final Cleaner CLEANER = Cleaner.create(task -> {
        Thread thread = new Thread(task, "clnorm-cleaner");
        thread.setDaemon(true);
        return thread;
    });
    private static final AtomicBoolean REPORTED = new AtomicBoolean();
    private static final Set<Integer> SITES = ConcurrentHashMap.newKeySet();

    private Leaks() {}

    /** Runs an action once the owner is unreachable, or when the handle is cleaned. The action must not refer to the owner. */
    static Cleaner.Cleanable register(Object owner, Runnable action) {
        return CLEANER.register(owner, action);
    }

    /** Where something is allocated; null unless that is recorded. */
    static Throwable site() {
        return List.of("on", "true").contains(System.getProperty(PROPERTY, ""))
                ? new Throwable("allocated here")
                : null;
    }

    /** Warns of something that was reclaimed. */
    static void report(String what, Throwable site) {
        String reclaimed =
                what + " became unreachable without being closed, and was reclaimed. Close backends, tensors, "
                        + "layers and recorded passes when they are no longer needed, or make tensors in a backend.scope()";
        if (site != null) {
            if (SITES.size() < MOST_SITES && SITES.add(Arrays.hashCode(site.getStackTrace()))) {
                warn(reclaimed, site);
            }
        } else if (!"off".equals(System.getProperty(PROPERTY)) && REPORTED.compareAndSet(false, true)) {
            warn(
                    reclaimed + ". Further ones are not reported; -D" + PROPERTY
                            + "=on reports where each was allocated",
                    null);
        }
    }

    /** The library's logger. Made when it is needed: that takes milliseconds, which starts without a warning save. */
    static System.Logger logger() {
        return System.getLogger(LOGGER);
    }

    /** In a thread of its own: a logger that blocks must not stop the cleaner. */
    private static void warn(String message, Throwable site) {
        Thread thread = new Thread(() -> logger().log(Level.WARNING, message, site), "clnorm-leak-report");
        thread.setDaemon(true);
        thread.start();
    }
}
