package io.github.clnorm.runtime;

import io.github.clnorm.geometry.Statistics;
import io.github.clnorm.plan.Plan;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;

/**
 * Runs one plan on buffers of its own: outputs are filled with NaN before and followed by values that must not change,
 * and inputs must be the same afterwards.
 *
 * @param output y
 * @param sum x + residual, or null
 * @param mean one a set, or null where none is taken
 * @param variance one a set
 * @param rstd one a set, or null where statistics are given
 */
record PlanRun(double[] output, double[] sum, double[] mean, double[] variance, double[] rstd) {

    private static final int CANARIES = 64;
    private static final double CANARY = -12345.678;

    /** Runs a plan; in place, the input is also the output. */
    static PlanRun of(Session session, Trial trial, Plan plan, boolean inPlace) {
        ElementType type = trial.type();
        ElementType real = type.accumulator();
        int elements = trial.x().length;
        int sets = (int) trial.operation().geometry().sets();
        boolean given = trial.operation().statistics() == Statistics.GIVEN;
        boolean centered = trial.operation().statistics() != Statistics.MEAN_SQUARE;
        String what = trial + ", " + plan + (inPlace ? ", in place" : "") + " on " + session.device().name();
        try (DeviceBuffer input = guarded(session, type, trial.x());
                DeviceBuffer residual = trial.residual() == null ? null : filled(session, type, trial.residual());
                DeviceBuffer gamma = trial.weight() == null ? null : filled(session, trial.parameterType(), trial.weight());
                DeviceBuffer beta = trial.bias() == null ? null : filled(session, trial.parameterType(), trial.bias());
                DeviceBuffer output = inPlace ? null : guarded(session, type, nothing(elements));
                DeviceBuffer sum = trial.sum() ? guarded(session, type, nothing(elements)) : null;
                DeviceBuffer mean = centered ? guarded(session, real, given ? trial.mean() : nothing(sets)) : null;
                DeviceBuffer variance = guarded(session, real, given ? trial.variance() : nothing(sets));
                DeviceBuffer rstd = given ? null : guarded(session, real, nothing(sets))) {
            Forward.enqueue(
                    session,
                    trial.problem(),
                    plan,
                    new Forward.Buffers(
                            input, residual, gamma, beta, inPlace ? input : output, sum, mean, variance, rstd),
                    trial.eps());
            PlanRun run = new PlanRun(
                    read(session, type, inPlace ? input : output, what + ", output"),
                    sum == null ? null : read(session, type, sum, what + ", sum"),
                    mean == null ? null : read(session, real, mean, what + ", mean"),
                    read(session, real, variance, what + ", variance"),
                    rstd == null ? null : read(session, real, rstd, what + ", rstd"));
            if (!inPlace) {
                Errors.assertSameBits(trial.x(), read(session, type, input, what + ", input"), what + ", input after");
            }
            if (residual != null) {
                Errors.assertSameBits(trial.residual(), values(session, type, residual), what + ", residual after");
            }
            if (gamma != null) {
                Errors.assertSameBits(
                        trial.weight(), values(session, trial.parameterType(), gamma), what + ", weight after");
            }
            if (beta != null) {
                Errors.assertSameBits(trial.bias(), values(session, trial.parameterType(), beta), what + ", bias after");
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

    private static double[] nothing(int count) {
        double[] values = new double[count];
        Arrays.fill(values, Double.NaN);
        return values;
    }

    private static DeviceBuffer filled(Session session, ElementType type, double... values) {
        DeviceBuffer buffer = session.allocate((long) values.length * type.bytes());
        session.write(buffer, (at, piece) -> Codec.encode(type, values, (int) (at / type.bytes()), piece));
        return buffer;
    }

    private static DeviceBuffer guarded(Session session, ElementType type, double... values) {
        double[] all = Arrays.copyOf(values, values.length + CANARIES);
        Arrays.fill(all, values.length, all.length, CANARY);
        return filled(session, type, all);
    }

    private static double[] values(Session session, ElementType type, DeviceBuffer buffer) {
        double[] values = new double[(int) (buffer.bytes() / type.bytes())];
        session.read(buffer, (at, piece) -> Codec.decode(type, piece, values, (int) (at / type.bytes())));
        return values;
    }

    private static double[] read(Session session, ElementType type, DeviceBuffer buffer, String what) {
        double[] all = values(session, type, buffer);
        double[] canaries = new double[CANARIES];
        Arrays.fill(canaries, Values.rounded(type, CANARY));
        int elements = all.length - CANARIES;
        Errors.assertSameBits(canaries, Arrays.copyOfRange(all, elements, all.length), what + ", what lies behind");
        return Arrays.copyOf(all, elements);
    }
}
