package io.github.clnorm.testing;

/**
 * The length of stress tests. Each test run includes the short form. {@code ./clnorm test --soak=N} sets the system
 * property {@code clnorm.soak} to N, for N times the long form. {@code true} means 1.
 */
public final class Soak {

    private static final String PROPERTY = "clnorm.soak";

    private Soak() {}

    /**
     * Returns the number of steps of a stress test.
     *
     * @param shortForm the number in each test run
     * @param longForm the number with {@code clnorm.soak=1}
     * @return the number now
     */
    public static int steps(int shortForm, int longForm) {
        return steps(System.getProperty(PROPERTY), shortForm, longForm);
    }

    /** Whether the long form is requested. */
    public static boolean isLong() {
        return System.getProperty(PROPERTY) != null;
    }

    static int steps(String property, int shortForm, int longForm) {
        if (property == null) {
            return shortForm;
        }
        int times = property.equals("true") ? 1 : Integer.parseInt(property);
        if (times < 1) {
            throw new IllegalArgumentException("-D" + PROPERTY + "=" + property + ": expected true, or 1 or more");
        }
        return Math.multiplyExact(times, longForm);
    }
}
