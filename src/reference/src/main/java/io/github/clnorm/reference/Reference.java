package io.github.clnorm.reference;

import java.util.Arrays;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;

/**
 * The normalizations in float64, from their formulas, element by element: slow, and exact to about 1e-15. For each
 * element it computes the indices of the set and of the parameter. It shares nothing with the kernels.
 *
 * <p>Sources: the papers of <a href="https://arxiv.org/abs/1803.08494">GroupNorm</a> (equations 1 to 7), <a
 * href="https://arxiv.org/abs/1607.06450">LayerNorm</a>, <a href="https://arxiv.org/abs/1607.08022">InstanceNorm</a>, <a
 * href="https://arxiv.org/abs/1502.03167">BatchNorm</a> and <a href="https://arxiv.org/abs/1910.07467">RMSNorm</a>.
 */
public final class Reference {

    /** Input elements by their index in memory. */
    @FunctionalInterface
    public interface Values {
        /**
         * An element.
         *
         * @param index in memory
         * @return its value
         */
        double at(int index);
    }

    /** An integer for each index. */
    private interface Map {
        int of(int index);
    }

    /**
     * The moments of all sets.
     *
     * @param mean of each set; 0 if the operation takes no mean
     * @param meanLo the rounding error of the mean
     * @param variance the biased variance, or the mean square if the operation takes no mean
     */
    public record Moments(double[] mean, double[] meanLo, double[] variance) {}

    /**
     * Gradients of a loss.
     *
     * @param input dx, in the input's order
     * @param weight dγ, one value per parameter
     * @param bias dβ, one value per parameter
     * @param scale of the scale, one value per sample and parameter; empty without a scale or a shift
     * @param shift as the scale's
     */
    public record Gradients(double[] input, double[] weight, double[] bias, double[] scale, double[] shift) {}

    /**
     * The magnitudes of the terms that gradients of parameters are sums of. Errors are relative to them: terms that cancel
     * leave an element that is no more exact than they are.
     *
     * @param weight Σ |dy (1 + scale)| (1 + |x̂|), one value per parameter
     * @param bias Σ |dy (1 + scale)|, one value per parameter
     * @param scale Σ |dy| (|γ| (1 + |x̂|) + |β|), one value per sample and parameter; empty without a scale or a shift
     * @param shift Σ |dy|, as the scale's
     */
    public record Magnitudes(double[] weight, double[] bias, double[] scale, double[] shift) {}

    // Up to this many elements, a table holds the set of each element: four bytes per element.
    private static final int MOST_TABULATED = 1 << 25;

    private final int elements;
    private final int samples;
    private final int sets;
    private Map setOf;
    private boolean tabulated;
    private Map parameterOf;
    private final boolean centered;
    private double eps = 1e-5;
    private double[] weight;
    private double[] bias;
    private double[] scale;
    private double[] shift;
    private Nonlinearity activation = Nonlinearity.NONE;

    private Reference(long[] shape, long sets, boolean centered, Map setOf, Map parameterOf) {
        this.elements = Math.toIntExact(product(shape));
        this.samples = Math.toIntExact(shape[0]);
        this.sets = Math.toIntExact(sets);
        this.centered = centered;
        this.setOf = setOf;
        this.parameterOf = parameterOf;
    }

    /** The channel and the sample of an element. */
    private record Position(int channels, int positions, boolean last) {
        static Position of(long[] shape, int channelAxis) {
            int axis = channelAxis < 0 ? shape.length + channelAxis : channelAxis;
            long positions = product(shape) == 0 ? 0 : product(shape) / shape[0] / shape[axis];
            return new Position((int) shape[axis], (int) positions, axis != 1 || shape.length == 2);
        }

        int channel(int index) {
            return (last ? index : index / positions) % channels;
        }

        int sample(int index) {
            return index / positions / channels;
        }
    }

    /**
     * Group normalization.
     *
     * @param shape of the input
     * @param channelAxis the axis of the channels; a negative one counts from the end, as in NumPy
     * @param numGroups G
     * @return a reference with sets in the order {@code (N, G)}
     */
    public static Reference groupNorm(long[] shape, int channelAxis, long numGroups) {
        Position at = Position.of(shape, channelAxis);
        int groups = (int) numGroups;
        int each = Math.max(1, at.channels / groups);
        return new Reference(
                shape, shape[0] * numGroups, true, i -> at.sample(i) * groups + at.channel(i) / each, at::channel);
    }

    /**
     * Instance normalization by the input's statistics.
     *
     * @param shape of the input
     * @param channelAxis the axis of the channels; a negative one counts from the end, as in NumPy
     * @return a reference with sets in the order {@code (N, C)}
     */
    public static Reference instanceNorm(long[] shape, int channelAxis) {
        Position at = Position.of(shape, channelAxis);
        return new Reference(
                shape, shape[0] * at.channels, true, i -> at.sample(i) * at.channels + at.channel(i), at::channel);
    }

    /**
     * Batch normalization by the batch's statistics; by running ones with {@link #normalizeBy}.
     *
     * @param shape of the input
     * @param channelAxis the axis of the channels; a negative one counts from the end, as in NumPy
     * @return a reference with one set for each channel
     */
    public static Reference batchNorm(long[] shape, int channelAxis) {
        Position at = Position.of(shape, channelAxis);
        return new Reference(shape, at.channels, true, at::channel, at::channel);
    }

    /**
     * Layer normalization.
     *
     * @param shape of the input
     * @param normalizedShape its last dimensions
     * @return a reference with a set for each index of the leading dimensions
     */
    public static Reference layerNorm(long[] shape, long... normalizedShape) {
        return ofRows(shape, true, normalizedShape);
    }

    /**
     * Root mean square normalization.
     *
     * @param shape of the input
     * @param normalizedShape its last dimensions
     * @return a reference with a set for each index of the leading dimensions
     */
    public static Reference rmsNorm(long[] shape, long... normalizedShape) {
        return ofRows(shape, false, normalizedShape);
    }

    /**
     * The operation of a name.
     *
     * @param name PyTorch's functional name if it has one, for example {@code group_norm}
     * @param shape of the input
     * @param channelAxis the axis of the channels; ignored by operations on the last dimensions
     * @param numGroups G; ignored by operations without groups
     * @param normalizedShape the last dimensions; ignored by operations on channels
     * @return the operation's reference
     * @throws IllegalArgumentException if no operation has the name
     */
    public static Reference named(String name, long[] shape, int channelAxis, long numGroups, long... normalizedShape) {
        return switch (name) {
            case "group_norm" -> groupNorm(shape, channelAxis, numGroups);
            case "instance_norm" -> instanceNorm(shape, channelAxis);
            case "batch_norm" -> batchNorm(shape, channelAxis);
            case "layer_norm" -> layerNorm(shape, normalizedShape);
            case "rms_norm" -> rmsNorm(shape, normalizedShape);
            default -> throw new IllegalArgumentException("no reference for the operation '" + name + "'");
        };
    }

    private static Reference ofRows(long[] shape, boolean centered, long... normalizedShape) {
        int size = (int) product(normalizedShape);
        long rows = product(Arrays.copyOf(shape, shape.length - normalizedShape.length));
        return new Reference(shape, rows, centered, i -> i / size, i -> i % size);
    }

    private static long product(long... shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /**
     * Sets the parameters.
     *
     * @param gamma one value per parameter, or null for 1
     * @param beta one value per parameter, or null for 0
     * @return this
     */
    public Reference affine(double[] gamma, double[] beta) {
        weight = gamma;
        bias = beta;
        return this;
    }

    /**
     * Gives each sample parameters of its own: those of the first sample come first. A sample is an index of the input's
     * first dimension.
     *
     * @return this
     */
    public Reference ofSamples() {
        int ofSample = elements / samples;
        Map inSample = parameterOf;
        int each = IntStream.range(0, ofSample).map(inSample::of).max().orElse(0) + 1;
        parameterOf = i -> i / ofSample * each + inSample.of(i % ofSample);
        return this;
    }

    /**
     * Sets a scale and a shift of each sample: y = activation((x̂ γ + β) (1 + scale) + shift). A sample is an index of the
     * input's first dimension.
     *
     * @param ofScale one value per sample and parameter, or null for 0
     * @param ofShift one value per sample and parameter, or null for 0
     * @return this
     */
    public Reference modulation(double[] ofScale, double[] ofShift) {
        scale = ofScale;
        shift = ofShift;
        return this;
    }

    private int modulations() {
        return scale != null ? scale.length : shift != null ? shift.length : 0;
    }

    /** The scale and the shift of an element, by the index of its parameter. */
    private int modulationOf(int index, int parameter) {
        return modulations() == 0 ? 0 : index / (elements / samples) * (modulations() / samples) + parameter;
    }

    private double factor(int modulation) {
        return scale == null ? 1 : 1 + scale[modulation];
    }

    private double shift(int modulation) {
        return shift == null ? 0 : shift[modulation];
    }

    private double gamma(int parameter) {
        return weight == null ? 1 : weight[parameter];
    }

    private double beta(int parameter) {
        return bias == null ? 0 : bias[parameter];
    }

    /**
     * Sets what is added to the variance.
     *
     * @param value 1e-5 unless set
     * @return this
     */
    public Reference eps(double value) {
        eps = value;
        return this;
    }

    /**
     * Sets the activation.
     *
     * @param value none unless set
     * @return this
     */
    public Reference activation(Nonlinearity value) {
        activation = value;
        return this;
    }

    /**
     * Mean and variance of every set, from two reads of x.
     *
     * @param x the input
     * @return the moments; NaN for sets without elements
     */
    public Moments moments(Values x) {
        tabulateSets();
        int[] count = new int[sets];
        for (int i = 0; i < elements; i++) {
            count[setOf.of(i)]++;
        }
        double[] mean = new double[sets];
        double[] meanLo = new double[sets];
        if (centered) {
            Sums sums = new Sums(sets);
            for (int i = 0; i < elements; i++) {
                sums.add(setOf.of(i), x.at(i));
            }
            for (int set = 0; set < sets; set++) {
                mean[set] = sums.total(set) / count[set];
                meanLo[set] = sums.remainder(set, mean[set], count[set]);
            }
        }
        Sums squares = new Sums(sets);
        for (int i = 0; i < elements; i++) {
            int set = setOf.of(i);
            double deviation = (x.at(i) - mean[set]) - meanLo[set];
            squares.add(set, deviation * deviation);
        }
        double[] variance = new double[sets];
        for (int set = 0; set < sets; set++) {
            variance[set] = squares.total(set) / count[set];
        }
        return new Moments(mean, meanLo, variance);
    }

    /** The moments need the set of each element several times, and its divisions cost more than the sums. */
    private void tabulateSets() {
        if (!tabulated && elements <= MOST_TABULATED) {
            int[] table = new int[elements];
            Arrays.setAll(table, setOf::of);
            setOf = i -> table[i];
            tabulated = true;
        }
    }

    /**
     * Normalizes by the input's own moments.
     *
     * @param x the input
     * @param output takes every result, in the input's order
     * @return the moments
     */
    public Moments normalize(Values x, DoubleConsumer output) {
        Moments moments = moments(x);
        normalizeBy(moments, x, output);
        return moments;
    }

    /**
     * Normalizes by given moments.
     *
     * @param moments one value of each per set
     * @param x the input
     * @param output takes every result, in the input's order
     */
    public void normalizeBy(Moments moments, Values x, DoubleConsumer output) {
        visit(moments, x, (index, set, normalized, gamma, beta, y) -> output.accept(y));
    }

    /** Receives the terms of each result. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * An element.
         *
         * @param index in memory
         * @param set that it belongs to
         * @param normalized x̂
         * @param gamma its weight times 1 + scale; 1 if there is none
         * @param beta its bias times 1 + scale, plus shift; 0 if there is none
         * @param y activation(x̂ γ + β)
         */
        void accept(int index, int set, double normalized, double gamma, double beta, double y);
    }

    /**
     * Normalizes by given moments, and passes each term to a visitor.
     *
     * @param moments one value of each per set
     * @param x the input
     * @param visitor takes every element, in the input's order
     */
    public void visit(Moments moments, Values x, Visitor visitor) {
        double[] deviation =
                Arrays.stream(moments.variance).map(v -> Math.sqrt(v + eps)).toArray();
        for (int i = 0; i < elements; i++) {
            int set = setOf.of(i);
            int parameter = parameterOf.of(i);
            double normalized = ((x.at(i) - moments.mean[set]) - moments.meanLo[set]) / deviation[set];
            int modulation = modulationOf(i, parameter);
            double factor = factor(modulation);
            double gamma = gamma(parameter) * factor;
            double beta = beta(parameter) * factor + shift(modulation);
            visitor.accept(i, set, normalized, gamma, beta, activation.apply(normalized * gamma + beta));
        }
    }

    /**
     * Normalizes everything by the input's own moments.
     *
     * @param x the input
     * @return y, in the input's order
     */
    public double[] normalize(Values x) {
        double[] y = new double[elements];
        int[] at = {0};
        normalize(x, value -> y[at[0]++] = value);
        return y;
    }

    /**
     * Normalizes everything by given moments.
     *
     * @param moments one value of each per set
     * @param x the input
     * @return y, in the input's order
     */
    public double[] normalizeBy(Moments moments, Values x) {
        double[] y = new double[elements];
        int[] at = {0};
        normalizeBy(moments, x, value -> y[at[0]++] = value);
        return y;
    }

    /**
     * The gradients of normalizing by the input's own moments. Mean and variance depend on every element of a set: dx =
     * rstd (g - mean(g) - x̂ mean(g x̂)), with g = dy activation'(x̂ γ + β) γ; without mean(g) if the operation takes
     * no mean.
     *
     * @param x the input
     * @param dy the gradient with respect to the output
     * @return all gradients. Missing parameters count as weight 1 and bias 0
     */
    public Gradients gradients(Values x, Values dy) {
        return gradients(moments(x), x, dy);
    }

    /**
     * The same, with the input's own moments given.
     *
     * @param moments the result of {@link #moments} for this input
     * @param x the input
     * @param dy the gradient with respect to the output
     * @return all gradients. Missing parameters count as weight 1 and bias 0
     */
    public Gradients gradients(Moments moments, Values x, Values dy) {
        return gradients(moments, false, x, dy);
    }

    /**
     * The gradients of normalizing by given moments, which are constants: dx = g rstd.
     *
     * @param moments one value of each per set
     * @param x the input
     * @param dy the gradient with respect to the output
     * @return all gradients. Missing parameters count as weight 1 and bias 0
     */
    public Gradients gradientsBy(Moments moments, Values x, Values dy) {
        return gradients(moments, true, x, dy);
    }

    /**
     * The magnitudes of the terms of gradients of parameters.
     *
     * @param moments that normalize, one value of each per set
     * @param x the input
     * @param dy the gradient with respect to the output
     * @return the sums
     */
    public Magnitudes magnitudes(Moments moments, Values x, Values dy) {
        double[] ofWeight = new double[parameters()];
        double[] ofBias = new double[parameters()];
        double[] ofScale = new double[modulations()];
        double[] ofShift = new double[modulations()];
        visit(moments, x, (index, set, normalized, gamma, beta, y) -> {
            double term = Math.abs(dy.at(index));
            int parameter = parameterOf.of(index);
            int modulation = modulationOf(index, parameter);
            double factor = Math.abs(factor(modulation));
            ofWeight[parameter] += term * factor * (1 + Math.abs(normalized));
            ofBias[parameter] += term * factor;
            if (ofScale.length > 0) {
                ofScale[modulation] +=
                        term * (Math.abs(gamma(parameter)) * (1 + Math.abs(normalized)) + Math.abs(beta(parameter)));
                ofShift[modulation] += term;
            }
        });
        return new Magnitudes(ofWeight, ofBias, ofScale, ofShift);
    }

    private int parameters() {
        int parameters = weight != null ? weight.length : bias != null ? bias.length : 0;
        for (int i = 0; i < elements && weight == null && bias == null; i++) {
            parameters = Math.max(parameters, parameterOf.of(i) + 1);
        }
        return parameters;
    }

    private Gradients gradients(Moments moments, boolean constant, Values x, Values dy) {
        double[] deviation =
                Arrays.stream(moments.variance).map(v -> Math.sqrt(v + eps)).toArray();
        int parameters = parameters();
        Sums ofWeight = new Sums(parameters);
        Sums ofBias = new Sums(parameters);
        Sums ofScale = new Sums(modulations());
        Sums ofShift = new Sums(modulations());
        Sums sums = new Sums(sets);
        Sums products = new Sums(sets);
        int[] count = new int[sets];
        double[] normalized = new double[elements];
        double[] g = new double[elements];
        for (int i = 0; i < elements; i++) {
            int set = setOf.of(i);
            int parameter = parameterOf.of(i);
            int modulation = modulationOf(i, parameter);
            double factor = factor(modulation);
            double gamma = gamma(parameter);
            normalized[i] = ((x.at(i) - moments.mean[set]) - moments.meanLo[set]) / deviation[set];
            double affine = normalized[i] * gamma + beta(parameter);
            double dz = dy.at(i) * activation.derivative(affine * factor + shift(modulation));
            if (modulations() > 0) {
                ofScale.add(modulation, dz * affine);
                ofShift.add(modulation, dz);
            }
            ofWeight.add(parameter, dz * factor * normalized[i]);
            ofBias.add(parameter, dz * factor);
            g[i] = dz * factor * gamma;
            count[set]++;
            sums.add(set, g[i]);
            products.add(set, g[i] * normalized[i]);
        }
        double[] dx = new double[elements];
        for (int i = 0; i < elements; i++) {
            int set = setOf.of(i);
            double mean = constant || !centered ? 0 : sums.total(set) / count[set];
            double product = constant ? 0 : products.total(set) / count[set];
            dx[i] = (g[i] - mean - normalized[i] * product) / deviation[set];
        }
        return new Gradients(dx, ofWeight.totals(), ofBias.totals(), ofScale.totals(), ofShift.totals());
    }

    /** Compensated sums (Neumaier): they carry the rounding error. */
    private static final class Sums {
        private final double[] sum;
        private final double[] lost;

        Sums(int count) {
            sum = new double[count];
            lost = new double[count];
        }

        void add(int at, double value) {
            double next = sum[at] + value;
            lost[at] += Math.abs(sum[at]) >= Math.abs(value) ? (sum[at] - next) + value : (value - next) + sum[at];
            sum[at] = next;
        }

        double total(int at) {
            // With an infinite sum the rounding error is infinite or NaN, and the total would be NaN instead of
            // infinite.
            return Double.isInfinite(sum[at]) ? sum[at] : sum[at] + lost[at];
        }

        double[] totals() {
            double[] totals = new double[sum.length];
            Arrays.setAll(totals, this::total);
            return totals;
        }

        /** (total - mean * count) / count, from both parts of the sum. */
        double remainder(int at, double mean, int count) {
            double rest = (Math.fma(-mean, count, sum[at]) + lost[at]) / count;
            return Double.isFinite(rest) ? rest : 0;
        }
    }
}
