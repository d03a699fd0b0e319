package io.github.clnorm.internal.runtime;

import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reclaims objects that became unreachable without being closed, and warns. By default only the first one of the process is
 * reported. The system property {@code clnorm.leaks} changes that: {@code on} records where objects are allocated, and
 * reports each place once; {@code off} reports nothing.
 */
final class Leaks {

    private static final String LOGGER = "io.github.clnorm";
    private static final String PROPERTY = "clnorm.leaks";
    // Bounds the memory of programs that allocate in many places.
    private static final int MOST_SITES = 1000;

    private static final Cleaner CLEANER = Cleaner.create(task -> {
        Thread thread = new Thread(task, "clnorm-cleaner");
        thread.setDaemon(true);
        return thread;
    });
    private static final AtomicBoolean REPORTED = new AtomicBoolean();
    private static final Set<Integer> SITES = ConcurrentHashMap.newKeySet();

    private Leaks() {}

    /** Runs an action when the owner is unreachable or the handle is cleaned. The action must not refer to the owner. */
    static Cleaner.Cleanable register(Object owner, Runnable action) {
        return CLEANER.register(owner, action);
    }

    /** The call stack of an allocation; null unless that is recorded. */
    static Throwable site() {
        return List.of("on", "true").contains(System.getProperty(PROPERTY, ""))
                ? new Throwable("allocated here")
                : null;
    }

    /** Warns of an object that was reclaimed. */
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

    /** The library's logger. Created on demand, which takes milliseconds: most processes never log. */
    static System.Logger logger() {
        return System.getLogger(LOGGER);
    }

    /** Logs in a separate thread, since a logger that blocks must not stop the cleaner. */
    private static void warn(String message, Throwable site) {
        Thread thread = new Thread(() -> logger().log(Level.WARNING, message, site), "clnorm-leak-report");
        thread.setDaemon(true);
        thread.start();
    }
}
