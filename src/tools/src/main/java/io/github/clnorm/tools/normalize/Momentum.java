package io.github.clnorm.tools.normalize;

/** The momentum of running statistics, as the command line gives it. */
final class Momentum {

    private static final String CUMULATIVE = "none";

    private Momentum() {}

    /**
     * The factor of a batch in the running statistics: the momentum, or 1/(K+1) for the average of K+1 batches.
     *
     * @param momentum a number, or {@code none} for the average of all batches
     * @param batchesBefore K, the batches that were averaged before; null if it is not given
     */
    static double factor(String momentum, Long batchesBefore) {
        if (!momentum.equalsIgnoreCase(CUMULATIVE)) {
            if (batchesBefore != null) {
                throw new IllegalArgumentException("--num-batches-tracked needs --momentum none");
            }
            return number(momentum);
        }
        long before = batchesBefore == null ? 0 : batchesBefore;
        if (before < 0 || before == Long.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "--num-batches-tracked " + before + ": expected a whole number from 0 to " + (Long.MAX_VALUE - 1));
        }
        return 1 / (before + 1.0);
    }

    private static double number(String momentum) {
        try {
            double number = Double.parseDouble(momentum);
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw notANumber(momentum, e);
        }
        throw notANumber(momentum, null);
    }

    private static IllegalArgumentException notANumber(String momentum, Throwable cause) {
        return new IllegalArgumentException("--momentum " + momentum + ": expected a finite number or none", cause);
    }
}
