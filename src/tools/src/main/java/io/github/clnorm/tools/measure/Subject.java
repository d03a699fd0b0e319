package io.github.clnorm.tools.measure;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelState;
import io.github.clnorm.Functional;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.Gradients;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Saved;
import io.github.clnorm.Tensor;
import io.github.clnorm.reference.Reference;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A workload on a device: its tensors, both passes, and the expected results. The passes make the same calls as a user;
 * they block until the device is done, and keep only their results.
 */
final class Subject implements AutoCloseable {

    private final Workload workload;
    private final Backend backend;
    private final List<Runnable> open = new ArrayList<>();
    private final Tensor x;
    private final Tensor dy;
    private final Tensor weight;
    private final Tensor bias;
    private final Tensor scale;
    private final Tensor shift;
    private final Tensor residual;
    private final Tensor sum;
    private final Tensor y;
    private final Tensor dx;
    private Saved saved;

    /**
     * Copies a workload to a device.
     *
     * @throws IllegalArgumentException if the device does not support the type, or its largest buffer is too small
     */
    Subject(Workload workload, Backend backend) {
        this.workload = workload;
        this.backend = backend;
        try {
            // The mean is half the deviation of a uniform distribution, so it neither cancels nor is zero.
            x = random(1, -0.5, 1.5, workload.type(), workload.shape());
            dy = random(2, -1, 1, workload.type(), workload.shape());
            Additions additions = workload.additions();
            ElementType real = workload.type().accumulator();
            double one = 1 - additions.weightOffset();
            weight = additions.hasWeight() ? random(3, one - 0.5, one + 0.5, real, workload.parameterShape()) : null;
            bias = additions.hasBias() ? random(4, -0.5, 0.5, real, workload.parameterShape()) : null;
            scale = additions.scaleShift() ? random(5, -0.5, 0.5, real, workload.scaleShape()) : null;
            shift = additions.scaleShift() ? random(6, -0.5, 0.5, real, workload.scaleShape()) : null;
            residual = additions.residual() ? random(7, -1, 1, workload.type(), workload.shape()) : null;
            sum = additions.residual() ? keep(backend.empty(workload.type(), workload.shape())) : null;
            y = keep(backend.empty(workload.type(), workload.shape()));
            dx = keep(backend.empty(workload.type(), workload.shape()));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private Tensor random(long seed, double from, double to, ElementType type, long... shape) {
        Tensor tensor = keep(backend.empty(type, shape));
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (from + (to - from) * random.nextDouble());
        }
        tensor.set(values);
        return tensor;
    }

    private Tensor keep(Tensor tensor) {
        open.add(tensor::close);
        return tensor;
    }

    Tensor input() {
        return x;
    }

    Tensor output() {
        return y;
    }

    /** One complete pass. */
    void run(Direction direction) {
        switch (direction) {
            case FORWARD -> forward().saved().close();
            case BACKWARD -> {
                if (saved == null) {
                    saved = forward().saved();
                    open.add(saved::close);
                }
                close(backward());
            }
        }
    }

    /** Closes the gradients of a pass but dx, which stays open. */
    private static void close(Gradients gradients) {
        new Gradients(null, gradients.weight(), gradients.bias(), gradients.scale(), gradients.shift()).close();
    }

    private Normalized forward() {
        Normalized result = enqueueForward();
        backend.finish();
        return result;
    }

    private Gradients backward() {
        Gradients result = enqueueBackward();
        backend.finish();
        return result;
    }

    private Normalized enqueueForward() {
        Options options = Options.DEFAULTS.output(y).residual(residual).sum(sum).scaleShift(scale, shift);
        return Functional.forward(workload.spec(), x, ChannelState.of(weight, bias), options);
    }

    private Gradients enqueueBackward() {
        GradientOptions options = GradientOptions.DEFAULTS.output(dx).scaleShift(scale, shift);
        return Functional.backward(workload.spec(), dy, normalized(), ChannelState.of(weight, bias), saved, options);
    }

    /** What is normalized: x, or the sum that the last forward pass kept. */
    private Tensor normalized() {
        return sum != null ? sum : x;
    }

    /**
     * The largest differences from float64: for y and dx |a - ref| / (1 + |ref|), for gradients of parameters |a - ref| /
     * the sum of the magnitudes of the terms.
     */
    Map<Direction, Double> errors(Set<Direction> directions) {
        double[] values = x.toDoubles();
        if (residual != null) {
            double[] added = residual.toDoubles();
            Arrays.setAll(values, i -> values[i] + added[i]);
        }
        Reference reference = workload.reference(doubles(weight), doubles(bias), doubles(scale), doubles(shift));
        Reference.Moments moments = reference.moments(i -> values[i]);
        Map<Direction, Double> errors = new EnumMap<>(Direction.class);
        for (Direction direction : directions) {
            run(direction);
            double error =
                    switch (direction) {
                        case FORWARD -> forwardError(reference, moments, values);
                        case BACKWARD -> backwardError(reference, moments, values);
                    };
            // The inputs are finite, so a NaN in the result is an error of any size.
            errors.put(direction, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
        }
        return errors;
    }

    private double forwardError(Reference reference, Reference.Moments moments, double[] values) {
        double[] actual = y.toDoubles();
        int[] at = {0};
        double[] largest = {0};
        reference.normalizeBy(
                moments,
                i -> values[i],
                expected -> largest[0] =
                        larger(largest[0], Math.abs(actual[at[0]++] - expected) / (1 + Math.abs(expected))));
        return largest[0];
    }

    private double backwardError(Reference reference, Reference.Moments moments, double[] values) {
        double[] back = dy.toDoubles();
        Reference.Gradients expected = reference.gradients(moments, i -> values[i], i -> back[i]);
        Gradients gradients = backward();
        try {
            double largest = 0;
            double[] actual = dx.toDoubles();
            for (int i = 0; i < actual.length; i++) {
                double should = expected.input()[i];
                largest = larger(largest, Math.abs(actual[i] - should) / (1 + Math.abs(should)));
            }
            Reference.Magnitudes terms = reference.magnitudes(moments, i -> values[i], i -> back[i]);
            largest = larger(largest, ofTerms(gradients.weight(), expected.weight(), terms.weight()));
            largest = larger(largest, ofTerms(gradients.bias(), expected.bias(), terms.bias()));
            largest = larger(largest, ofTerms(gradients.scale(), expected.scale(), terms.scale()));
            return larger(largest, ofTerms(gradients.shift(), expected.shift(), terms.shift()));
        } finally {
            close(gradients);
        }
    }

    private static double[] doubles(Tensor tensor) {
        return tensor == null ? null : tensor.toDoubles();
    }

    /** 0 for a gradient that the workload does not have. */
    private static double ofTerms(Tensor gradient, double[] expected, double[] terms) {
        if (gradient == null) {
            return 0;
        }
        double[] actual = gradient.toDoubles();
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs(actual[i] - expected[i]);
            largest = larger(largest, terms[i] == 0 ? difference : difference / terms[i]);
        }
        return largest;
    }

    /** The larger one; NaN if one is NaN. */
    private static double larger(double largest, double error) {
        return Double.isNaN(largest) || error <= largest ? largest : error;
    }

    /** Closes its tensors. */
    @Override
    public void close() {
        open.forEach(Runnable::run);
    }
}
