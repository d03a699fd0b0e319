package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.Operation;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;

/**
 * A forward pass with everything that it reads, and what it should give. Every method gives a changed copy.
 *
 * @param operation what is computed, and of which shape
 * @param type of the elements
 * @param parameterType of weight and bias
 * @param activation applied to the result
 * @param x values of the type
 * @param residual values of the type, or null
 * @param sum whether x + residual is wanted
 * @param weight values of the parameter type, or null
 * @param bias values of the parameter type, or null
 * @param mean given means, or null
 * @param variance given variances, or null
 * @param eps added to the variance
 */
record Trial(
        Operation operation,
        ElementType type,
        ElementType parameterType,
        Activation activation,
        double[] x,
        double[] residual,
        boolean sum,
        double[] weight,
        double[] bias,
        double[] mean,
        double[] variance,
        double eps) {

    // An activation is at most this much steeper than the identity (GELU, at 1.4).
    private static final double STEEPEST = 1.13;

    /** A pass without anything beside the normalization; evaluations get means and variances near those of N(3, 2). */
    static Trial of(Operation operation, ElementType type, double... values) {
        ElementType real = type.accumulator();
        boolean given = operation.statistics() == Statistics.GIVEN;
        int sets = (int) operation.geometry().sets();
        double[] mean = given ? Values.normal(real, 91, sets, 3, 0.5) : null;
        double[] variance = given ? Values.normal(real, 92, sets, 0, 1) : null;
        for (int i = 0; given && i < sets; i++) {
            variance[i] = Values.rounded(real, 0.5 + variance[i] * variance[i]);
        }
        return new Trial(
                operation,
                type,
                real,
                Activation.NONE,
                Values.rounded(type, values),
                null,
                false,
                null,
                null,
                mean,
                variance,
                1e-5);
    }

    /** A pass over values of N(3, 2). */
    static Trial of(Operation operation, ElementType type) {
        return of(operation, type, Values.normal(type, operation.elements(), operation.elements(), 3, 2));
    }

    /** A pass over float32. */
    static Trial of(Operation operation, float... values) {
        return of(operation, ElementType.FLOAT32, Values.doubles(values));
    }

    Trial affine(ElementType parameters, long seed) {
        double[] gamma = Values.normal(parameters, seed, operation.parameters(), 1, 0.5);
        double[] beta = Values.normal(parameters, seed + 1, operation.parameters(), 1, 0.5);
        return affine(parameters, gamma, beta);
    }

    Trial affine(ElementType parameters, double[] gamma, double[] beta) {
        return new Trial(operation, type, parameters, activation, x, residual, sum, gamma, beta, mean, variance, eps);
    }

    Trial activation(Activation value) {
        return new Trial(operation, type, parameterType, value, x, residual, sum, weight, bias, mean, variance, eps);
    }

    /** With a residual, and its sum with x where that is wanted. */
    Trial residual(long seed, boolean wanted) {
        double[] values = Values.normal(type, seed, x.length, -1, 1);
        return new Trial(
                operation, type, parameterType, activation, x, values, wanted, weight, bias, mean, variance, eps);
    }

    Trial given(double[] means, double[] variances) {
        return new Trial(
                operation, type, parameterType, activation, x, residual, sum, weight, bias, means, variances, eps);
    }

    Trial eps(double value) {
        return new Trial(
                operation, type, parameterType, activation, x, residual, sum, weight, bias, mean, variance, value);
    }

    ForwardProblem problem() {
        return new ForwardProblem(
                operation.geometry(), operation.statistics(), type, parameterType, activation, residual != null, sum);
    }

    PlanRun run(Session session, Plan plan) {
        return PlanRun.of(session, this, plan, false);
    }

    /** With the plan that the planner chooses. */
    PlanRun run(Session session) {
        return run(session, session.planner().plan(problem()));
    }

    /** What is normalized: x, or x + residual as a real, which is how the kernels add. */
    double[] input() {
        if (residual == null) {
            return x;
        }
        double[] input = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            input[i] = Values.rounded(type.accumulator(), x[i] + residual[i]);
        }
        return input;
    }

    /** Compares a run with the reference: the output, the stored sum, and the statistics. */
    double check(PlanRun run, String what) {
        double[] input = input();
        Reference reference = operation
                .reference()
                .get()
                .affine(weight, bias)
                .eps(eps)
                .activation(Nonlinearity.valueOf(activation.name()));
        double[] y = new double[x.length];
        int[] at = {0};
        Reference.Moments moments;
        if (operation.statistics() == Statistics.GIVEN) {
            moments = new Reference.Moments(mean, new double[mean.length], variance);
            reference.normalizeBy(moments, i -> input[i], value -> y[at[0]++] = value);
        } else {
            moments = reference.normalize(i -> input[i], value -> y[at[0]++] = value);
            checkStatistics(moments, run, what);
        }
        double bound = Errors.bound(type) * (activation == Activation.NONE ? 1 : STEEPEST);
        double worst = Errors.assertClose(type, y, run.output(), bound, what);
        if (sum) {
            Errors.assertSameBits(Values.rounded(type, input), run.sum(), what + ", sum");
        }
        return worst;
    }

    /** The mean next to the deviation, as the output sees it, and to its own rounding; the others relatively. */
    private void checkStatistics(Reference.Moments moments, PlanRun run, String what) {
        double bound = Errors.bound(type);
        double epsilon = type.accumulator().epsilon();
        double least = type == ElementType.FLOAT64 ? Double.MIN_NORMAL : Float.MIN_NORMAL;
        double most = type == ElementType.FLOAT64 ? Double.MAX_VALUE : Float.MAX_VALUE;
        for (int set = 0; set < moments.variance().length; set++) {
            double variance = moments.variance()[set];
            double deviation = Math.sqrt(variance + eps);
            double exact = moments.mean()[set];
            if (!Double.isFinite(exact) || Double.isNaN(deviation)) {
                assertTrue(Double.isNaN(run.rstd()[set]), what + ", rstd of set " + set + ": " + run.rstd()[set]);
                continue;
            }
            if (Double.isInfinite(deviation)) {
                assertEquals(0, run.rstd()[set], what + ", rstd of set " + set);
                continue;
            }
            if (run.mean() != null) {
                double error = Math.abs(run.mean()[set] - exact);
                assertTrue(
                        error <= bound * deviation + epsilon * Math.abs(exact) + least,
                        what + ", mean of set " + set + ": " + run.mean()[set] + ", expected " + exact);
                double left = Math.abs(run.mean()[set] - exact + (run.meanLo()[set] - moments.meanLo()[set]));
                assertTrue(
                        left <= bound * deviation + epsilon * epsilon * Math.abs(exact) + least,
                        what + ", mean of set " + set + " with its rest is off by " + left);
            }
            assertTrue(
                    Math.abs(run.rstd()[set] * deviation - 1) <= bound || deviation == 0 && run.rstd()[set] > most,
                    what + ", rstd of set " + set + ": " + run.rstd()[set] + ", expected " + 1 / deviation);
            // Beyond the range of the type there is nothing to compare.
            if (variance > least / epsilon && variance < most) {
                assertTrue(
                        Math.abs(run.variance()[set] / variance - 1) <= 2 * bound,
                        what + ", variance of set " + set + ": " + run.variance()[set] + ", expected " + variance);
            }
        }
    }

    /** What a failing test prints: enough to run it again. */
    @Override
    public String toString() {
        return operation + ", " + type + ", parameters " + (weight == null && bias == null ? "none" : parameterType)
                + ", activation " + activation + (residual == null ? "" : sum ? ", residual and sum" : ", residual")
                + ", eps " + eps;
    }
}
