package io.github.clnorm.internal.driver;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets SIGINT, SIGTERM and SIGHUP end the process immediately while drivers are loaded, by the system's default action.
 * Java's handlers would call the C library's {@code exit}, which waits for the dynamic linker's lock, and a driver that
 * hangs while it is loaded holds that lock. Shutdown hooks do not run. Ignored signals stay ignored. For programs whose
 * main thread loads the drivers before it creates files. Not thread-safe.
 *
 * <p>Uses reflection, because the compiler warns about {@code sun.misc.Signal}, and no option silences that. Without
 * the module
 * {@code jdk.unsupported} it is a no-op.
 */
final class StopSignals implements FirstLoad.Guard {

    private static final List<String> NAMES = List.of("INT", "TERM", "HUP");

    private record Kept(Object signal, Object handler) {}

    private final List<Kept> kept = new ArrayList<>();
    private Method handle;

    private StopSignals() {}

    /** Active until it is closed. */
    static StopSignals begin() {
        StopSignals stop = new StopSignals();
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            stop.handle = signal.getMethod("handle", signal, handler);
            Object byDefault = handler.getField("SIG_DFL").get(null);
            for (String name : NAMES) {
                Object one = signal.getConstructor(String.class).newInstance(name);
                stop.kept.add(new Kept(one, stop.handle.invoke(null, one, byDefault)));
            }
        } catch (ReflectiveOperationException | LinkageError e) {
            // Without the module, on Windows, or with -Xrs: handlers are unchanged.
            return stop;
        }
        return stop;
    }

    @Override
    public void close() {
        for (Kept one : kept) {
            try {
                handle.invoke(null, one.signal(), one.handler());
            } catch (ReflectiveOperationException e) {
                System.getLogger(StopSignals.class.getName())
                        .log(System.Logger.Level.DEBUG, "a signal ends the process", e);
            }
        }
    }

    @Override
    public void passed() {
        // Nothing to remember.
    }
}
