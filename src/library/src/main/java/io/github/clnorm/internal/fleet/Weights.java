package io.github.clnorm.internal.fleet;

import java.util.Arrays;

/** The shares of devices in the samples of a tensor: one number for each device, with the sum 1. Thread-safe. */
public final class Weights {

    private static final double ROUNDING = 1e-6;
    private static final double STEPS = 1 << 12;

    private Weights() {}

    /**
     * Rejects weights that a caller got wrong.
     *
     * @param devices their number
     * @param weights one for each
     * @throws IllegalArgumentException if there are fewer or more weights, one is not positive, or the sum is not 1
     */
    public static void check(int devices, double... weights) {
        if (weights.length != devices) {
            throw new IllegalArgumentException(
                    "Expected a weight for each of " + devices + " devices, but got " + weights.length);
        }
        for (double weight : weights) {
            if (!(weight > 0)) {
                throw new IllegalArgumentException(
                        "Expected weights greater than 0, but got " + Arrays.toString(weights));
            }
        }
        double sum = Arrays.stream(weights).sum();
        if (!(Math.abs(sum - 1) <= ROUNDING)) {
            throw new IllegalArgumentException(
                    "Expected weights with the sum 1, but the sum of " + Arrays.toString(weights) + " is " + sum);
        }
    }

    /**
     * The weights of devices that each take a time for the same work.
     *
     * @param times one for each device; infinite for a device without a share
     * @return the weights, in steps of 1/4096
     */
    public static double[] ofTimes(double... times) {
        double[] rates = Arrays.stream(times).map(time -> 1 / time).toArray();
        double sum = Arrays.stream(rates).sum();
        double[] weights = Arrays.stream(rates)
                .map(rate -> Math.rint(rate / sum * STEPS) / STEPS)
                .toArray();
        int largest = 0;
        double others = 0;
        for (int i = 0; i < weights.length; i++) {
            largest = weights[i] > weights[largest] ? i : largest;
            others += weights[i];
        }
        // What rounding left over.
        weights[largest] += 1 - others;
        return weights;
    }

    /**
     * The same weight for each device.
     *
     * @param devices their number
     * @return the weights
     */
    public static double[] equal(int devices) {
        double[] weights = new double[devices];
        Arrays.fill(weights, 1.0 / devices);
        return weights;
    }

    /**
     * The weights of some devices without the others.
     *
     * @param weights of all devices
     * @param usable which of them get a share
     * @return the weights, 0 for the others; equal ones if no usable device had a share
     */
    public static double[] among(double[] weights, boolean... usable) {
        double[] left = new double[weights.length];
        for (int i = 0; i < left.length; i++) {
            left[i] = usable[i] ? weights[i] : 0;
        }
        double sum = Arrays.stream(left).sum();
        for (int i = 0; sum == 0 && i < left.length; i++) {
            left[i] = usable[i] ? 1 : 0;
        }
        double all = Arrays.stream(left).sum();
        return Arrays.stream(left).map(weight -> weight / all).toArray();
    }

    /**
     * Which device gets which piece: the one that would finish it first. Depends on nothing but the arguments.
     *
     * @param pieces their number
     * @param weights of the devices; a device of weight 0 gets none
     * @return the device of each piece
     */
    public static int[] owners(int pieces, double... weights) {
        int[] owners = new int[pieces];
        long[] given = new long[weights.length];
        for (int piece = 0; piece < pieces; piece++) {
            int best = -1;
            for (int device = 0; device < weights.length; device++) {
                if (weights[device] > 0
                        && (best < 0 || (given[device] + 1) / weights[device] < (given[best] + 1) / weights[best])) {
                    best = device;
                }
            }
            owners[piece] = best;
            given[best]++;
        }
        return owners;
    }

    /**
     * Ranges of a dimension, one after the other, as near to the weights as whole indices allow.
     *
     * @param indices the size of the dimension
     * @param weights of the devices
     * @return where each device's range begins, and where the last one ends
     */
    public static long[] ranges(long indices, double... weights) {
        long[] bounds = new long[weights.length + 1];
        double sum = 0;
        for (int device = 0; device < weights.length; device++) {
            sum += weights[device];
            bounds[device + 1] = device == weights.length - 1 ? indices : Math.min(indices, Math.round(indices * sum));
        }
        return bounds;
    }
}
