package io.github.clnorm.internal.plan;

/** The checks and the text that the plans of all strategies share. */
final class Parameters {

    // A word of results and tuning tables since version 0.1.0.
    static final String MERGED_ONCE = "merged once";

    private static final int WIDEST_VECTOR = 16;

    private Parameters() {}

    /** Throws IllegalArgumentException if a number is out of range. */
    static void check(int workGroupSize, int vectorWidth) {
        if (!isPowerOfTwo(workGroupSize) || !isPowerOfTwo(vectorWidth) || vectorWidth > WIDEST_VECTOR) {
            throw new IllegalArgumentException("not a plan: work-group " + workGroupSize + ", vector " + vectorWidth);
        }
    }

    /** Throws IllegalArgumentException for 0 and less. */
    static void checkPositive(String name, int number) {
        if (number < 1) {
            throw new IllegalArgumentException("not a plan: " + number + " " + name);
        }
    }

    private static boolean isPowerOfTwo(int number) {
        return number > 0 && Integer.bitCount(number) == 1;
    }

    /** A plan as text for users. Parts that are null are left out. */
    static String text(Plan plan, String... parts) {
        StringBuilder text = new StringBuilder();
        text.append(plan.strategy())
                .append(", work-group ")
                .append(plan.workGroupSize())
                .append(", vector ")
                .append(plan.vectorWidth());
        for (String part : parts) {
            if (part != null) {
                text.append(", ").append(part);
            }
        }
        if (plan.nonTemporal()) {
            text.append(", non-temporal stores");
        }
        return text.toString();
    }
}
