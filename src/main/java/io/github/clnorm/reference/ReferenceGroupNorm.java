package io.github.clnorm.reference;

import java.util.Arrays;
import java.util.function.DoubleConsumer;

/**
 * Group normalization in float64, from the formula of Wu and He (<a href="https://arxiv.org/abs/1803.08494">ECCV
 * 2018</a>, equations 1, 2, 6 and 7), one group at a time. Slow and exact to about 1e-15.
 */
public final class ReferenceGroupNorm {

    private final float[] input;
    private final int channels;
    private final int numGroups;
    private final int positions;
    private final float[] weight;
    private final float[] bias;
    private final double eps;

    /**
     * The moments of a group.
     *
     * @param mean its mean
     * @param variance its biased variance
     */
    public record Moments(double mean, double variance) {}

    /**
     * A reference for an input.
     *
     * @param input x, of shape {@code (N, C, *)}, the last dimension fastest
     * @param shape its dimensions, at least two
     * @param numGroups a divisor of C
     * @param weight one value a channel, or null for 1
     * @param bias one value a channel, or null for 0
     * @param eps added to the variance
     */
    public ReferenceGroupNorm(float[] input, long[] shape, long numGroups, float[] weight, float[] bias, double eps) {
        this.input = input;
        this.channels = (int) shape[1];
        this.numGroups = (int) numGroups;
        int size = 1;
        for (int i = 2; i < shape.length; i++) {
            size *= (int) shape[i];
        }
        this.positions = size;
        this.weight = weight;
        this.bias = bias;
        this.eps = eps;
    }

    /**
     * Elements of a group.
     *
     * @return C/G·S
     */
    public int groupSize() {
        return channels / numGroups * positions;
    }

    /**
     * Mean and variance of successive values, each in a pass of its own.
     *
     * @param values where they are
     * @param from index of the first
     * @param count how many
     * @return their moments; NaN when there are none
     */
    public static Moments moments(float[] values, int from, int count) {
        Sum sum = new Sum();
        for (int i = from; i < from + count; i++) {
            sum.add(values[i]);
        }
        double mean = sum.total() / count;
        Sum squares = new Sum();
        for (int i = from; i < from + count; i++) {
            double deviation = values[i] - mean;
            squares.add(deviation * deviation);
        }
        return new Moments(mean, squares.total() / count);
    }

    /**
     * Normalizes one group.
     *
     * @param sample n
     * @param group g
     * @param output takes {@link #groupSize()} values, in the input's order
     * @return the group's moments before
     */
    public Moments normalize(int sample, int group, DoubleConsumer output) {
        int size = groupSize();
        int from = (sample * numGroups + group) * size;
        Moments moments = moments(input, from, size);
        double deviation = Math.sqrt(moments.variance() + eps);
        for (int i = 0; i < size; i++) {
            int channel = group * (channels / numGroups) + i / positions;
            double normalized = (input[from + i] - moments.mean()) / deviation;
            double gamma = weight == null ? 1 : weight[channel];
            double beta = bias == null ? 0 : bias[channel];
            output.accept(normalized * gamma + beta);
        }
        return moments;
    }

    /**
     * Normalizes everything.
     *
     * @return y, in the input's order
     */
    public double[] normalize() {
        double[] output = new double[input.length];
        int size = groupSize();
        int[] at = {0};
        for (int set = 0; size > 0 && set < input.length / size; set++) {
            normalize(set / numGroups, set % numGroups, value -> output[at[0]++] = value);
        }
        return output;
    }

    @Override
    public String toString() {
        return "group_norm of " + Arrays.toString(new int[] {channels, positions}) + " in " + numGroups + " groups";
    }

    /** A sum that carries what rounding took from it (Neumaier). */
    private static final class Sum {
        private double sum;
        private double lost;

        void add(double value) {
            double next = sum + value;
            lost += Math.abs(sum) >= Math.abs(value) ? (sum - next) + value : (value - next) + sum;
            sum = next;
        }

        double total() {
            // An infinite sum loses infinity too: their sum would be NaN where the plain sum is infinite.
            return Double.isInfinite(sum) ? sum : sum + lost;
        }
    }
}
