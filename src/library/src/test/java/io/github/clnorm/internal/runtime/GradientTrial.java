package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.reference.Nonlinearity;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;

/**
 * A backward pass with everything that it reads, and what it should give. Every method gives a changed copy.
 *
 * @param forward the pass that it follows; its statistics are those of float64, rounded
 * @param dy values of the type
 * @param input whether dx is wanted
 * @param weight whether dgamma is wanted, also where there is no weight
 * @param bias whether dbeta is wanted, also where there is no bias
 */
record GradientTrial(Trial forward, double[] dy, boolean input, boolean weight, boolean bias) {

    // An activation's derivative is at most this large (GELU, at 1.4).
    private static final double STEEPEST = 1.13;
    private static final double FLOAT32_ROUNDING = 0x1p-24;

    /** All gradients, for dy of N(0.3, 1). */
    static GradientTrial of(Trial forward) {
        int count = forward.x().length;
        return new GradientTrial(forward, Values.normal(forward.type(), 77, count, 0.3, 1), true, true, true);
    }

    GradientTrial wanted(boolean ofInput, boolean ofWeight, boolean ofBias) {
        return new GradientTrial(forward, dy, ofInput, ofWeight, ofBias);
    }

    GradientTrial dy(double... values) {
        return new GradientTrial(forward, Values.rounded(forward.type(), values), input, weight, bias);
    }

    ElementType type() {
        return forward.type();
    }

    boolean given() {
        return forward.operation().statistics() == Statistics.GIVEN;
    }

    BackwardProblem problem() {
        return new BackwardProblem(
                forward.operation().geometry(),
                forward.operation().statistics(),
                forward.type(),
                forward.parameterType(),
                forward.activation(),
                forward.residual() != null,
                input,
                weight,
                bias);
    }

    GradientRun run(Session session, Plan plan) {
        return GradientRun.of(session, this, plan, false);
    }

    /** With the plan that the planner chooses. */
    GradientRun run(Session session) {
        return run(session, session.planner().plan(problem()));
    }

    Reference.Moments moments() {
        double[] x = forward.input();
        return given()
                ? new Reference.Moments(forward.mean(), new double[forward.mean().length], forward.variance())
                : forward.operation().reference().get().eps(forward.eps()).moments(i -> x[i]);
    }

    /** The means as reals, and what that leaves of them; and 1 / sqrt(variance + eps), or the variance where it is given. */
    double[][] saved() {
        Reference.Moments moments = moments();
        ElementType real = forward.type().accumulator();
        double[] mean = Values.rounded(real, moments.mean());
        double[] rest = new double[mean.length];
        Arrays.setAll(rest, i -> Values.rounded(real, (moments.mean()[i] - mean[i]) + moments.meanLo()[i]));
        double[] rstd = given()
                ? moments.variance()
                : Values.rounded(
                        real,
                        Arrays.stream(moments.variance())
                                .map(v -> 1 / Math.sqrt(v + forward.eps()))
                                .toArray());
        return new double[][] {mean, rest, rstd};
    }

    /** Compares a run with the reference; gives the largest errors of dx and of the parameters' gradients. */
    double[] check(GradientRun run, String what) {
        double[] x = forward.input();
        Reference reference = forward.operation()
                .reference()
                .get()
                .affine(forward.weight(), forward.bias())
                .eps(forward.eps())
                .activation(Nonlinearity.valueOf(forward.activation().name()));
        Reference.Gradients expected = given()
                ? reference.gradientsBy(moments(), i -> x[i], i -> dy[i])
                : reference.gradients(i -> x[i], i -> dy[i]);
        double steepest = forward.activation() == Activation.NONE ? 1 : STEEPEST;
        double worstInput = input
                ? Errors.assertClose(
                        type(), expected.input(), run.input(), Errors.gradientBound(type()) * steepest, what + ", dx")
                : 0;
        double bound = Errors.parameterBound(type()) * steepest;
        // Gradients of float64 that are stored as float32 are rounded to it.
        bound += type() == ElementType.FLOAT64 && forward.parameterType() == ElementType.FLOAT32 ? FLOAT32_ROUNDING : 0;
        Reference.Magnitudes terms = reference.magnitudes(moments(), i -> x[i], i -> dy[i]);
        double worst = 0;
        if (weight) {
            worst = Errors.assertCloseToTerms(
                    forward.parameterType(), expected.weight(), run.weight(), terms.weight(), bound, what + ", dgamma");
        }
        if (bias) {
            worst = Math.max(
                    worst,
                    Errors.assertCloseToTerms(
                            forward.parameterType(),
                            expected.bias(),
                            run.bias(),
                            terms.bias(),
                            bound,
                            what + ", dbeta"));
        }
        return new double[] {worstInput, worst};
    }

    @Override
    public String toString() {
        return "gradients" + (input ? " dx" : "") + (weight ? " dgamma" : "") + (bias ? " dbeta" : "") + " of "
                + forward;
    }
}
