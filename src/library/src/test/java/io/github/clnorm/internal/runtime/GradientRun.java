package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.type.ElementType;

/**
 * Runs one plan for gradients on buffers of its own: outputs are filled with NaN before and followed by values that must
 * not change, and inputs must be the same afterwards.
 *
 * @param input dx, or null
 * @param weight dgamma, or null
 * @param bias dbeta, or null
 */
record GradientRun(double[] input, double[] weight, double[] bias) {

    /** Runs a plan; in place, dx takes the place of dy. */
    static GradientRun of(Session session, GradientTrial trial, Plan plan, boolean inPlace) {
        Trial forward = trial.forward();
        ElementType type = forward.type();
        ElementType real = type.accumulator();
        ElementType parameter = forward.parameterType();
        int elements = forward.x().length;
        int parameters = forward.operation().parameters();
        boolean centered = forward.operation().statistics() != Statistics.MEAN_SQUARE;
        String what = trial + ", " + plan + (inPlace ? ", in place" : "") + " on "
                + session.device().name();
        double[][] saved = trial.saved();
        try (DeviceBuffer x = GuardedBuffers.filled(session, type, forward.x());
                DeviceBuffer residual =
                        forward.residual() == null ? null : GuardedBuffers.filled(session, type, forward.residual());
                DeviceBuffer dy = GuardedBuffers.guarded(session, type, trial.dy());
                DeviceBuffer gamma =
                        forward.weight() == null ? null : GuardedBuffers.filled(session, parameter, forward.weight());
                DeviceBuffer beta =
                        forward.bias() == null ? null : GuardedBuffers.filled(session, parameter, forward.bias());
                DeviceBuffer mean = centered ? GuardedBuffers.filled(session, real, saved[0]) : null;
                DeviceBuffer rest = centered && !trial.given() ? GuardedBuffers.filled(session, real, saved[1]) : null;
                DeviceBuffer rstd = GuardedBuffers.filled(session, real, saved[2]);
                DeviceBuffer dx = !trial.input() || inPlace
                        ? null
                        : GuardedBuffers.guarded(session, type, GuardedBuffers.nothing(elements));
                DeviceBuffer dgamma = !trial.weight()
                        ? null
                        : GuardedBuffers.guarded(session, parameter, GuardedBuffers.nothing(parameters));
                DeviceBuffer dbeta = !trial.bias()
                        ? null
                        : GuardedBuffers.guarded(session, parameter, GuardedBuffers.nothing(parameters))) {
            Engine.enqueue(
                    session,
                    trial.problem(),
                    plan,
                    new BackwardBuffers(
                            x, residual, dy, gamma, beta, mean, rest, rstd, inPlace ? dy : dx, dgamma, dbeta),
                    forward.eps());
            GradientRun run = new GradientRun(
                    !trial.input() ? null : GuardedBuffers.read(session, type, inPlace ? dy : dx, what + ", dx"),
                    dgamma == null ? null : GuardedBuffers.read(session, parameter, dgamma, what + ", dgamma"),
                    dbeta == null ? null : GuardedBuffers.read(session, parameter, dbeta, what + ", dbeta"));
            unchanged(session, type, forward.x(), x, what + ", x");
            unchanged(session, real, saved[2], rstd, what + ", rstd");
            if (!inPlace) {
                Errors.assertSameBits(
                        trial.dy(), GuardedBuffers.read(session, type, dy, what + ", dy"), what + ", dy after");
            }
            if (residual != null) {
                unchanged(session, type, forward.residual(), residual, what + ", residual");
            }
            if (gamma != null) {
                unchanged(session, parameter, forward.weight(), gamma, what + ", weight");
            }
            if (mean != null) {
                unchanged(session, real, saved[0], mean, what + ", mean");
            }
            return run;
        }
    }

    private static void unchanged(
            Session session, ElementType type, double[] before, DeviceBuffer buffer, String what) {
        Errors.assertSameBits(before, GuardedBuffers.values(session, type, buffer), what + " after");
    }

    /** The same bits in everything that both have. */
    static void assertSameBits(GradientRun expected, GradientRun actual, String what) {
        same(expected.weight, actual.weight, what + ", dgamma");
        same(expected.bias, actual.bias, what + ", dbeta");
        same(expected.input, actual.input, what + ", dx");
    }

    private static void same(double[] expected, double[] actual, String what) {
        if (expected != null && actual != null) {
            Errors.assertSameBits(expected, actual, what);
        }
    }
}
