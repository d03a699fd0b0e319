package io.github.clnorm.internal.runtime;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Launches that are ready for any buffers, by what they were made for. The session's lock guards it. */
final class PreparedLaunches {

    // Bounds the memory of programs whose shapes keep changing.
    private static final int MOST = 1024;

    private final LaunchTimer timer;
    private final Map<Launches.Key, Launches> prepared = new HashMap<>();

    PreparedLaunches(LaunchTimer timer) {
        this.timer = timer;
    }

    /** The launches for a key, made by `maker` if they are not ready. */
    Launches get(Launches.Key key, Supplier<Launches> maker) {
        // Making them again tells the timer which scratch buffers they need.
        Launches launches = timer.current() == null ? prepared.get(key) : null;
        if (launches == null || !launches.isValid()) {
            if (prepared.size() == MOST) {
                prepared.clear();
            }
            launches = maker.get();
            prepared.put(key, launches);
        }
        return launches;
    }
}
