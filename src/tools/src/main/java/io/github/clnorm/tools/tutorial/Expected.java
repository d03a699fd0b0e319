package io.github.clnorm.tools.tutorial;

import io.github.clnorm.reference.Reference;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/** The right outputs of the kernels in float64, by the names of their parameters. */
final class Expected {

    private final Extent extent;
    private final TutorialInputs inputs;
    private final Reference.Moments moments;
    private final Map<String, double[]> outputs = new HashMap<>();

    Expected(Extent extent, TutorialInputs inputs) {
        this.extent = extent;
        this.inputs = inputs;
        Reference reference = Reference.groupNorm(extent.shape(), 1, extent.g())
                .eps(TutorialInputs.EPS)
                .affine(doubles(inputs.gamma()), doubles(inputs.beta()));
        Reference.Values x = i -> inputs.x()[i];
        moments = reference.moments(x);
        Reference.Gradients gradients = reference.gradients(moments, x, i -> inputs.dy()[i]);
        double[] means = meansOfBlocks();
        outputs.put("y", reference.normalizeBy(moments, x));
        outputs.put("mean", moments.mean());
        outputs.put("rstd", rstd());
        outputs.put("means of blocks", means);
        outputs.put("M2 of blocks", squaresOfBlocks(means));
        outputs.put("sums", sumsOfPieces());
        outputs.put("g", meansOfGradients());
        outputs.put("dx", gradients.input());
        outputs.put("dgamma", gradients.weight());
        outputs.put("dbeta", gradients.bias());
    }

    /**
     * The largest error of a buffer that a kernel wrote: |value - expected| / (1 + |expected|) for y and means, else
     * relative to the largest expected value. NaN where any value is.
     *
     * @param output the buffer's name; mean_lo is compared together with mean
     * @param read gives the content of a buffer
     */
    double error(String output, Function<String, float[]> read) {
        double[] actual = doubles(read.apply(output));
        return switch (output) {
            case "y" -> elementwise(actual, outputs.get("y"));
            case "mean" -> elementwise(sum(actual, doubles(read.apply("mean_lo"))), outputs.get("mean"));
            case "mean_lo" -> 0;
            case "moments" -> {
                int blocks = extent.blocks();
                double[] mean = sum(Arrays.copyOf(actual, blocks), Arrays.copyOfRange(actual, blocks, 2 * blocks));
                double[] m2 = Arrays.copyOfRange(actual, 2 * blocks, 3 * blocks);
                yield Math.max(
                        elementwise(mean, outputs.get("means of blocks")), ofLargest(m2, outputs.get("M2 of blocks")));
            }
            default -> ofLargest(actual, outputs.get(output));
        };
    }

    private static double[] sum(double[] high, double[] low) {
        double[] sum = new double[high.length];
        Arrays.setAll(sum, i -> high[i] + low[i]);
        return sum;
    }

    /** Math.max gives NaN where either value is NaN. */
    private static double elementwise(double[] actual, double[] expected) {
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(actual[i] - expected[i]) / (1 + Math.abs(expected[i])));
        }
        return largest;
    }

    private static double ofLargest(double[] actual, double[] expected) {
        double scale = Arrays.stream(expected).map(Math::abs).max().orElse(1);
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(actual[i] - expected[i]) / Math.max(scale, Float.MIN_NORMAL));
        }
        return largest;
    }

    private double[] rstd() {
        return IntStream.range(0, extent.sets())
                .mapToDouble(set -> 1 / Math.sqrt(moments.variance()[set] + TutorialInputs.EPS))
                .toArray();
    }

    /** The elements of a block of a set. */
    private IntStream block(int block) {
        int ofSet = Extent.ceil(extent.setSize());
        int from = block / ofSet * extent.setSize() + block % ofSet * Extent.BLOCK;
        return IntStream.range(from, Math.min(from + Extent.BLOCK, (block / ofSet + 1) * extent.setSize()));
    }

    private double[] meansOfBlocks() {
        return IntStream.range(0, extent.blocks())
                .mapToDouble(block ->
                        block(block).mapToDouble(i -> inputs.x()[i]).average().orElseThrow())
                .toArray();
    }

    private double[] squaresOfBlocks(double[] means) {
        return IntStream.range(0, extent.blocks())
                .mapToDouble(block -> block(block)
                        .mapToDouble(i -> (inputs.x()[i] - means[block]) * (inputs.x()[i] - means[block]))
                        .sum())
                .toArray();
    }

    /** The sums of dy * xhat of all blocks of all channels, then the sums of dy. */
    private double[] sumsOfPieces() {
        int pieces = extent.pieces();
        double[] result = new double[2 * pieces];
        for (int i = 0; i < extent.elements(); i++) {
            int piece = i / extent.s() * Extent.ceil(extent.s()) + i % extent.s() / Extent.BLOCK;
            result[piece] += inputs.dy()[i] * xhat(i);
            result[pieces + piece] += inputs.dy()[i];
        }
        return result;
    }

    /** The means of g * xhat of all sets, then the means of g. */
    private double[] meansOfGradients() {
        double[] result = new double[2 * extent.sets()];
        for (int i = 0; i < extent.elements(); i++) {
            double g = (double) inputs.dy()[i] * inputs.gamma()[i / extent.s() % extent.c()] / extent.setSize();
            result[i / extent.setSize()] += g * xhat(i);
            result[extent.sets() + i / extent.setSize()] += g;
        }
        return result;
    }

    private double xhat(int i) {
        int set = i / extent.setSize();
        return (inputs.x()[i] - moments.mean()[set]) / Math.sqrt(moments.variance()[set] + TutorialInputs.EPS);
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
}
