package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.type.ElementType;

/**
 * Runs one plan on buffers of its own: outputs are filled with NaN before and followed by values that must not change,
 * and inputs must be the same afterwards.
 *
 * @param output y
 * @param sum x + residual, or null
 * @param mean one a set, or null where none is taken
 * @param meanLo the rounding error of the mean, likewise; null where statistics are given
 * @param variance one a set
 * @param rstd one a set, or null where statistics are given
 */
record PlanRun(double[] output, double[] sum, double[] mean, double[] meanLo, double[] variance, double[] rstd) {

    /** Runs a plan; in place, the input is also the output. */
    static PlanRun of(Session session, Trial trial, Plan plan, boolean inPlace) {
        ElementType type = trial.type();
        ElementType real = type.accumulator();
        int elements = trial.x().length;
        int sets = (int) trial.operation().geometry().sets();
        boolean given = trial.operation().statistics() == Statistics.GIVEN;
        boolean centered = trial.operation().statistics() != Statistics.MEAN_SQUARE;
        String what = trial + ", " + plan + (inPlace ? ", in place" : "") + " on "
                + session.device().name();
        try (DeviceBuffer input = GuardedBuffers.guarded(session, type, trial.x());
                DeviceBuffer residual =
                        trial.residual() == null ? null : GuardedBuffers.filled(session, type, trial.residual());
                DeviceBuffer gamma = trial.weight() == null
                        ? null
                        : GuardedBuffers.filled(session, trial.parameterType(), trial.weight());
                DeviceBuffer beta = trial.bias() == null
                        ? null
                        : GuardedBuffers.filled(session, trial.parameterType(), trial.bias());
                DeviceBuffer output =
                        inPlace ? null : GuardedBuffers.guarded(session, type, GuardedBuffers.nothing(elements));
                DeviceBuffer sum =
                        trial.sum() ? GuardedBuffers.guarded(session, type, GuardedBuffers.nothing(elements)) : null;
                DeviceBuffer mean = centered
                        ? GuardedBuffers.guarded(session, real, given ? trial.mean() : GuardedBuffers.nothing(sets))
                        : null;
                DeviceBuffer meanLo = centered && !given
                        ? GuardedBuffers.guarded(session, real, GuardedBuffers.nothing(sets))
                        : null;
                DeviceBuffer variance =
                        GuardedBuffers.guarded(session, real, given ? trial.variance() : GuardedBuffers.nothing(sets));
                DeviceBuffer rstd =
                        given ? null : GuardedBuffers.guarded(session, real, GuardedBuffers.nothing(sets))) {
            Engine.enqueue(
                    session,
                    trial.problem(),
                    plan,
                    new ForwardBuffers(
                            input, residual, gamma, beta, inPlace ? input : output, sum, mean, meanLo, variance, rstd),
                    trial.eps());
            PlanRun run = new PlanRun(
                    GuardedBuffers.read(session, type, inPlace ? input : output, what + ", output"),
                    sum == null ? null : GuardedBuffers.read(session, type, sum, what + ", sum"),
                    mean == null ? null : GuardedBuffers.read(session, real, mean, what + ", mean"),
                    meanLo == null ? null : GuardedBuffers.read(session, real, meanLo, what + ", low part of the mean"),
                    GuardedBuffers.read(session, real, variance, what + ", variance"),
                    rstd == null ? null : GuardedBuffers.read(session, real, rstd, what + ", rstd"));
            if (!inPlace) {
                Errors.assertSameBits(
                        trial.x(), GuardedBuffers.read(session, type, input, what + ", input"), what + ", input after");
            }
            if (residual != null) {
                Errors.assertSameBits(
                        trial.residual(), GuardedBuffers.values(session, type, residual), what + ", residual after");
            }
            if (gamma != null) {
                Errors.assertSameBits(
                        trial.weight(),
                        GuardedBuffers.values(session, trial.parameterType(), gamma),
                        what + ", weight after");
            }
            if (beta != null) {
                Errors.assertSameBits(
                        trial.bias(),
                        GuardedBuffers.values(session, trial.parameterType(), beta),
                        what + ", bias after");
            }
            if (given) {
                Errors.assertSameBits(trial.mean(), run.mean, what + ", mean after");
                Errors.assertSameBits(trial.variance(), run.variance, what + ", variance after");
            }
            return run;
        }
    }

    /** The same bits in everything. */
    static void assertSameBits(PlanRun expected, PlanRun actual, String what) {
        same(expected.mean, actual.mean, what + ", mean");
        same(expected.meanLo, actual.meanLo, what + ", low part of the mean");
        same(expected.rstd, actual.rstd, what + ", rstd");
        same(expected.variance, actual.variance, what + ", variance");
        same(expected.sum, actual.sum, what + ", sum");
        same(expected.output, actual.output, what + ", output");
    }

    private static void same(double[] expected, double[] actual, String what) {
        if (expected != null || actual != null) {
            Errors.assertSameBits(expected, actual, what);
        }
    }
}
