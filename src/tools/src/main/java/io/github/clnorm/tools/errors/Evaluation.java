package io.github.clnorm.tools.errors;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelState;
import io.github.clnorm.Functional;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.reference.Reference;
import java.util.Arrays;

/** Normalizes many sets at once on a device and in float64, and compares. Not thread-safe. */
final class Evaluation implements AutoCloseable {

    private static final double LARGEST_RATIO = 1e4;
    private static final double LEAST = 1e-30;
    private static final double MOST = 1e36;

    private final Backend backend;
    private final Scenario scenario;
    private final NormSpec spec;
    private final Reference reference;
    private final int sets;
    private final int size;
    /** The index in memory of each element, set by set. */
    private final int[] places;

    private final Tensor weight;
    private final Tensor bias;

    Evaluation(Backend backend, Scenario scenario) {
        this.backend = backend;
        this.scenario = scenario;
        this.spec = scenario.spec();
        this.reference = scenario.reference();
        this.sets = scenario.sets();
        this.size = scenario.setSize();
        this.places = places();
        this.weight = parameter(scenario.weight());
        this.bias = parameter(scenario.bias());
    }

    private Tensor parameter(float... values) {
        return values == null ? null : backend.tensor(values, values.length);
    }

    private int[] places() {
        int[] result = new int[sets * size];
        int[] filled = new int[sets];
        Reference.Moments none = new Reference.Moments(new double[sets], new double[sets], new double[sets]);
        scenario.reference().visit(none, i -> 0, (index, set, normalized, gamma, beta, y) -> {
            result[set * size + filled[set]] = index;
            filled[set]++;
        });
        return result;
    }

    /**
     * The errors of all sets.
     *
     * @param values of all sets, set by set
     * @return one for each set
     */
    SetError[] errors(float... values) {
        float[] x = new float[values.length];
        for (int i = 0; i < x.length; i++) {
            x[places[i]] = values[i];
        }
        float[] residual = scenario.residual() ? new float[x.length] : null;
        for (int i = 0; residual != null && i < x.length; i++) {
            residual[i] = x[i] * 0.375f;
            x[i] -= residual[i];
        }
        float[] y = onDevice(x, residual);
        // The device adds the residual in float32 before it takes the mean.
        Reference.Values in = i -> residual == null ? x[i] : x[i] + residual[i];
        return compare(in, y);
    }

    private float[] onDevice(float[] x, float... residual) {
        try (Tensor input = backend.tensor(x, scenario.shape());
                Tensor added = residual == null ? null : backend.tensor(residual, scenario.shape());
                Normalized normalized = Functional.forward(
                        spec, input, new ChannelState(weight, bias, null, null), Options.DEFAULTS.residual(added))) {
            return normalized.output().toFloats();
        }
    }

    private SetError[] compare(Reference.Values x, float... y) {
        // Math.max keeps NaN.
        double[] promised = new double[sets];
        double[] plain = new double[sets];
        boolean[] inRange = new boolean[sets];
        Arrays.fill(inRange, true);
        Reference.Moments moments = reference.moments(x);
        reference.visit(moments, x, (index, set, normalized, gamma, beta, expected) -> {
            double error = Math.abs(y[index] - expected);
            double terms = Math.max(1, Math.abs(gamma)) * (1 + Math.abs(normalized)) + Math.abs(beta);
            promised[set] = Math.max(promised[set], error / terms);
            plain[set] = Math.max(plain[set], error / (1 + Math.abs(expected)));
            inRange[set] &= terms <= MOST;
        });
        SetError[] errors = new SetError[sets];
        for (int set = 0; set < sets; set++) {
            double mean = Math.abs(moments.mean()[set]);
            double deviation = Math.sqrt(moments.variance()[set] + scenario.eps());
            double spread = Math.sqrt(moments.variance()[set] * size);
            boolean holds =
                    inRange[set] && deviation >= LEAST && mean <= LARGEST_RATIO * deviation && mean + spread <= MOST;
            errors[set] = new SetError(promised[set], plain[set], mean / deviation, holds);
        }
        return errors;
    }

    @Override
    public void close() {
        if (weight != null) {
            weight.close();
            bias.close();
        }
    }
}
