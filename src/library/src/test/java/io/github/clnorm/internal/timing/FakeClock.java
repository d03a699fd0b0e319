package io.github.clnorm.internal.timing;

import java.util.function.LongSupplier;

/** A clock that advances only when told to, or by a step at each reading. */
public final class FakeClock implements LongSupplier {

    private final long step;
    private long now;

    public FakeClock(long step) {
        this.step = step;
    }

    /** Something that takes so long. */
    public Runnable taking(long nanoseconds) {
        return () -> now += nanoseconds;
    }

    public long now() {
        return now;
    }

    @Override
    public long getAsLong() {
        now += step;
        return now;
    }
}
