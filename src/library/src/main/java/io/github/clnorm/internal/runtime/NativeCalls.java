package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.tasks.TaskGroup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Makes native calls that block. A native call pins a virtual thread to its carrier thread, so a platform thread makes the
 * call while the virtual thread waits.
 */
final class NativeCalls {

    private static final MethodHandle IS_VIRTUAL = isVirtual();

    /** Platform threads that make the calls of virtual threads. Started by the first one. */
    private static final class Platform {
        static final ExecutorService THREADS = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "clnorm-native-call");
            thread.setDaemon(true);
            return thread;
        });
    }

    private NativeCalls() {}

    /** Starts work on a platform thread of the library, a daemon that ends after a minute without work. */
    static CompletableFuture<Void> start(Runnable work) {
        return CompletableFuture.runAsync(work, Platform.THREADS);
    }

    /** Tasks on platform threads of the library. */
    static TaskGroup group() {
        return new TaskGroup(Platform.THREADS);
    }

    /** Makes a call. */
    static void block(Runnable call) {
        if (!onVirtualThread()) {
            call.run();
            return;
        }
        try {
            CompletableFuture.runAsync(call, Platform.THREADS).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private static boolean onVirtualThread() {
        if (IS_VIRTUAL == null) {
            return false;
        }
        try {
            return (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** {@code Thread.isVirtual}; null before Java 21. */
    private static MethodHandle isVirtual() {
        try {
            return MethodHandles.lookup().findVirtual(Thread.class, "isVirtual", MethodType.methodType(boolean.class));
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }
}
