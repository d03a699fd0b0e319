package io.github.clnorm.internal.driver;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets signals end the process at once while drivers are loaded: SIGINT, SIGTERM and SIGHUP get the system's default action.
 * Java's own handlers end the process through the C library's {@code exit}, which waits for the dynamic linker's lock, and
 * a driver that hangs while it is loaded holds that. Shutdown hooks do not run then. Signals that the process ignores stay
 * ignored. For programs whose main thread loads the drivers before it makes any file.
 *
 * <p>Through reflection: the compiler warns of {@code sun.misc.Signal}, and no option silences that. Does nothing where
 * the module {@code jdk.unsupported} is missing.
 */
final class StopSignals implements FirstLoad.Guard {

    private static final List<String> NAMES = List.of("INT", "TERM", "HUP");

    private record Kept(Object signal, Object handler) {}

    private final List<Kept> kept = new ArrayList<>();
    private Method handle;

    private StopSignals() {}

    /** In force until it is closed. */
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
            // Without the module, on Windows, or with -Xrs: signals are as they were.
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
        // Not known before it is closed.
    }
}
