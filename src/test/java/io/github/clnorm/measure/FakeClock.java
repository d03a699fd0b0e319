package io.github.clnorm.measure;

import java.util.function.LongSupplier;

/** A clock that goes on only when it is told to, or by a step each time somebody looks. */
final class FakeClock implements LongSupplier {

    private final long step;
    private long now;

    FakeClock(long step) {
        this.step = step;
    }

    /** Something that takes so long. */
    Runnable taking(long nanoseconds) {
        return () -> now += nanoseconds;
    }

    long now() {
        return now;
    }

    @Override
    public long getAsLong() {
        now += step;
        return now;
    }
}
