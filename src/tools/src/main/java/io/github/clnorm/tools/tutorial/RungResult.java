package io.github.clnorm.tools.tutorial;

import io.github.clnorm.internal.timing.Spread;

/**
 * The error and the time of a file of the tutorial, of files that form a pass, of a pass of the library, or of a copy.
 * Immutable and thread-safe.
 *
 * @param name the file, the files, the library's pass, or the copy
 * @param status whether it could be timed
 * @param text what it gains, or why it does not support the size
 * @param transits reads and writes of a whole tensor that GB/s counts; 0 where it reads and writes less
 * @param error the largest error against float64; NaN where a value is NaN, or where nothing was compared
 * @param sameBits whether the results have the library's bits; null where nothing was compared
 * @param time of one run; null unless the status is OK
 */
record RungResult(String name, Status status, String text, int transits, double error, Boolean sameBits, Spread time) {

    /** Whether something could be timed. */
    enum Status {
        /** It was. */
        OK,
        /** The file does not support the size or the device. */
        UNSUPPORTED,
        /** The result is wrong: its speed means nothing. */
        WRONG
    }

    static final String DRIVERS_COPY = "driver's copy";

    /** Of something that is not compared with float64. */
    static RungResult unchecked(String name, int transits) {
        return new RungResult(name, Status.OK, "", transits, Double.NaN, null, null);
    }

    static RungResult unsupported(Rung rung, String reason) {
        return new RungResult(rung.file(), Status.UNSUPPORTED, reason, rung.transits(), Double.NaN, null, null);
    }

    /** Of a file that was checked. */
    static RungResult checked(Rung rung, double error, boolean right, Boolean sameBits) {
        Status status = right ? Status.OK : Status.WRONG;
        return new RungResult(rung.file(), status, rung.gain(), rung.transits(), error, sameBits, null);
    }

    /** The same with a time. */
    RungResult timed(Spread measured) {
        return new RungResult(name, status, text, transits, error, sameBits, measured);
    }

    /**
     * Whether this is a plain copy, the limit for all others.
     *
     * @return true for the driver's copy and the tutorial's
     */
    boolean isCopy() {
        return name.equals(DRIVERS_COPY) || name.equals(Rung.COPY.file());
    }

    /**
     * The rate of the minimum reads and writes.
     *
     * @param bytes of a tensor
     * @return in 1e9 bytes a second; NaN where it was not timed or reads and writes less than a tensor
     */
    double rate(long bytes) {
        return time == null || transits == 0 ? Double.NaN : (double) transits * bytes / (time.median() * 1e3);
    }
}
