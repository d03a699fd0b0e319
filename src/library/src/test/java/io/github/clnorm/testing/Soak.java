package io.github.clnorm.testing;

/**
 * How long stress tests are. The short form is part of every run of the tests; {@code ./clnorm test --soak=N} sets the system
 * property {@code clnorm.soak} to N, and asks for N times the long form. {@code true} stands for 1.
 */
public final class Soak {

    private static final String PROPERTY = "clnorm.soak";

    private Soak() {}

    /**
     * Steps of a stress test.
     *
     * @param shortForm how many are made in every run
     * @param longForm how many are made with {@code clnorm.soak=1}
     * @return how many to make now
     */
    public static int steps(int shortForm, int longForm) {
        return steps(System.getProperty(PROPERTY), shortForm, longForm);
    }

    /** Whether the long form is asked for. */
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
