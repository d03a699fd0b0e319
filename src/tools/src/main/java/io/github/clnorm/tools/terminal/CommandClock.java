package io.github.clnorm.tools.terminal;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.internal.tune.TunedPlans;
import io.github.clnorm.internal.tune.TuningDatabase;
import io.github.clnorm.type.Tuning;
import java.util.function.LongSupplier;

/**
 * The clock that limits searches and measurements. Tests replace it with one that counts its readings, so that a budget
 * is a number of tries and results do not depend on the machine's load. Not thread-safe: replace it before a command
 * runs.
 */
public final class CommandClock {

    private static LongSupplier current = System::nanoTime;

    private CommandClock() {}

    /** The clock, in nanoseconds. */
    public static LongSupplier current() {
        return current;
    }

    /** Replaces the clock; for tests. */
    public static void use(LongSupplier clock) {
        current = clock;
    }

    /** A backend with a profiling queue, whose searches this clock limits. */
    public static Backend open(OpenCl openCl, DeviceInfo device, Tuning tuning) {
        Backend backend = new Backend(new Session(openCl, device));
        TunedPlans.use(backend.session(), tuning, TuningDatabase.ofUser(), current);
        return backend;
    }
}
