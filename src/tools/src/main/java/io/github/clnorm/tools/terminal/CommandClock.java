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
 * The clock by which commands limit searches and measurements. Tests replace it by one that counts its readings, so that a
 * budget is a number of tries and results do not depend on how busy the machine is. Not thread-safe: replaced before a
 * command runs.
 */
public final class CommandClock {

    private static LongSupplier current = System::nanoTime;

    private CommandClock() {}

    /** Nanoseconds. */
    public static LongSupplier current() {
        return current;
    }

    /** Replaces it, for tests. */
    public static void use(LongSupplier clock) {
        current = clock;
    }

    /** A backend on a timed queue, whose searches are limited by this clock. */
    public static Backend open(OpenCl openCl, DeviceInfo device, Tuning tuning) {
        Backend backend = new Backend(new Session(openCl, device));
        TunedPlans.use(backend.session(), tuning, TuningDatabase.ofUser(), current);
        return backend;
    }
}
