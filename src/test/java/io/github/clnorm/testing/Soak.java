package io.github.clnorm.testing;

/**
 * How long stress tests run: a few steps, or many where the system property {@code clnorm.soak} asks for it ({@code true},
 * or a number of times).
 */
public final class Soak {
    private Soak() {}

    /** Steps to take: `few` in an ordinary run, a multiple of `many` in a soak run. */
    public static int steps(int few, int many) {
        String soak = System.getProperty("clnorm.soak", "");
        if (soak.isEmpty() || soak.equals("false")) {
            return few;
        }
        return many * (soak.equals("true") ? 1 : Integer.parseInt(soak));
    }
}
