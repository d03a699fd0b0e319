package io.github.clnorm;

import io.github.clnorm.internal.exact.BitRange;
import io.github.clnorm.internal.exact.CountedSums;
import io.github.clnorm.internal.exact.ExactSums;
import io.github.clnorm.internal.exact.FixedSums;
import io.github.clnorm.internal.exact.FixedUnit;
import io.github.clnorm.internal.geometry.Shapes;

/**
 * Adds the moments of sets to exact sums of their channels: n · mean, n · mean² and n · variance, with n elements in a set.
 *
 * <p>If a channel has several sets, the terms that are multiples of a common unit are added in 128 bits first. That is most
 * of them, unless the magnitudes in a batch differ by 2<sup>30</sup> and more. Not thread-safe.
 */
final class MomentSums {

    // With fewer sets of a channel, clearing and adding the sums of 128 bits takes as long as they save.
    private static final int FEWEST_SETS = 4;

    private final int channels;
    private final long setSize;
    private final long samples;
    private final ExactSums means;
    private final ExactSums squares;
    private final ExactSums deviations;

    private MomentSums(int channels, long setSize, long samples) {
        this.channels = channels;
        this.setSize = setSize;
        this.samples = samples;
        this.means = new ExactSums(channels);
        this.squares = new ExactSums(channels);
        this.deviations = new ExactSums(channels);
    }

    /**
     * The sums of sets, with sample after sample and the channels of a sample side by side.
     *
     * @param channels C
     * @param setSize elements of a set
     * @param mean high part of the mean of each set
     * @param meanLo low part
     * @param variance biased
     */
    static CountedSums of(int channels, long setSize, double[] mean, double[] meanLo, double[] variance) {
        long samples = channels == 0 ? 0 : mean.length / channels;
        MomentSums sums = new MomentSums(channels, setSize, samples);
        sums.addMeans(mean, meanLo);
        sums.addVariances(variance);
        return new CountedSums(channels, Shapes.elements(samples, setSize), sums.means, sums.squares, sums.deviations);
    }

    /** The bits that a sum has more than its terms: of the factor, of the number of samples, and of a square's products. */
    private int more() {
        return BitRange.bits(setSize) + BitRange.bits(samples) + 3;
    }

    private FixedUnit unit(BitRange range) {
        return samples < FEWEST_SETS ? null : FixedUnit.of(range, samples);
    }

    private void addMeans(double[] mean, double[] meanLo) {
        BitRange range = new BitRange();
        for (int set = 0; set < mean.length; set++) {
            range.include(mean[set]);
            range.include(meanLo[set]);
        }
        if (!range.isEmpty()) {
            means.reserve(range.lowest(), range.highest() + more());
            squares.reserve(2 * range.lowest(), 2 * range.highest() + more());
        }
        FixedUnit unit = unit(range);
        FixedSums ofMeans = unit == null ? null : new FixedSums(channels);
        FixedSums ofSquares = unit == null ? null : new FixedSums(channels);
        int channel = 0;
        for (int set = 0; set < mean.length; set++) {
            double hi = mean[set];
            double lo = meanLo[set];
            double both = hi + lo;
            if (both - hi == lo && both - lo == hi) {
                // Exact for most pairs of floats.
                long units = unit == null ? FixedUnit.NONE : unit.multiple(both);
                if (units != FixedUnit.NONE) {
                    ofMeans.add(channel, units);
                    ofSquares.addSquare(channel, units);
                } else {
                    means.addProduct(channel, setSize, both);
                    squares.addProduct(channel, setSize, both, both);
                }
            } else {
                addPair(channel, hi, lo);
            }
            channel = channel + 1 == channels ? 0 : channel + 1;
        }
        if (unit != null) {
            ofMeans.addTo(means, setSize, unit, 1);
            ofSquares.addTo(squares, setSize, unit, 2);
        }
    }

    private void addPair(int channel, double hi, double lo) {
        means.addProduct(channel, setSize, hi);
        means.addProduct(channel, setSize, lo);
        squares.addProduct(channel, setSize, hi, hi);
        squares.addProduct(channel, 2 * setSize, hi, lo);
        squares.addProduct(channel, setSize, lo, lo);
    }

    private void addVariances(double[] variance) {
        BitRange range = new BitRange();
        for (double value : variance) {
            range.include(value);
        }
        if (!range.isEmpty()) {
            deviations.reserve(range.lowest(), range.highest() + more());
        }
        FixedUnit unit = unit(range);
        FixedSums sums = unit == null ? null : new FixedSums(channels);
        int channel = 0;
        for (double value : variance) {
            long units = unit == null ? FixedUnit.NONE : unit.multiple(value);
            if (units != FixedUnit.NONE) {
                sums.add(channel, units);
            } else {
                deviations.addProduct(channel, setSize, value);
            }
            channel = channel + 1 == channels ? 0 : channel + 1;
        }
        if (unit != null) {
            sums.addTo(deviations, setSize, unit, 1);
        }
    }
}
