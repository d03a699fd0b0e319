package io.github.clnorm.internal.files;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Removes unfinished files when the JVM exits, also on SIGINT and SIGTERM. One shutdown hook serves all files. */
final class ExitHook {

    private static final long MAX_WAIT_MILLISECONDS = 70_000;

    private static final Set<FileReplacements> OPEN = ConcurrentHashMap.newKeySet();
    private static final Object HOLDS = new Object();
    private static int holds;

    static {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(ExitHook::run, "clnorm-files"));
        } catch (IllegalStateException e) {
            // The JVM is exiting: close() or the next process removes new files.
        }
    }

    private ExitHook() {}

    static void add(FileReplacements files) {
        OPEN.add(files);
    }

    static void remove(FileReplacements files) {
        OPEN.remove(files);
    }

    static int openCount() {
        return OPEN.size();
    }

    static void hold() {
        synchronized (HOLDS) {
            holds++;
        }
    }

    static void release() {
        synchronized (HOLDS) {
            holds--;
            HOLDS.notifyAll();
        }
    }

    private static void run() {
        try {
            awaitHolds();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        OPEN.forEach(FileReplacements::exit);
    }

    private static void awaitHolds() throws InterruptedException {
        long end = System.nanoTime() / 1_000_000 + MAX_WAIT_MILLISECONDS;
        synchronized (HOLDS) {
            for (long left = MAX_WAIT_MILLISECONDS; holds > 0 && left > 0; left = end - System.nanoTime() / 1_000_000) {
                HOLDS.wait(left);
            }
        }
    }
}
