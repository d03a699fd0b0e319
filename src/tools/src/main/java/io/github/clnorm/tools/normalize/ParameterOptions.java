package io.github.clnorm.tools.normalize;

import picocli.CommandLine.Option;

/** The options that name files of parameters and running statistics. */
final class ParameterOptions {

    @Option(
            names = "--weight",
            paramLabel = "F",
            description =
                    "Weight (gamma): one value per channel, or of the normalized shape; dimensions of 1 are ignored. Default: 1.")
    String weight;

    @Option(
            names = "--weight-offset",
            paramLabel = "K",
            defaultValue = "0",
            description =
                    "rms_norm: the weight used is --weight plus K, as Gemma has it with 1. Default: ${DEFAULT-VALUE}.")
    double weightOffset;

    @Option(
            names = "--bias",
            paramLabel = "F",
            description =
                    "Bias (beta): one value per channel, or of the normalized shape; dimensions of 1 are ignored. Default: 0.")
    String bias;

    @Option(
            names = "--scale",
            paramLabel = "F",
            description = "All but batch_norm: a scale of each sample and channel, of shape (N, C), or N and the"
                    + " normalized shape. The result is y*(1+scale) + shift, before the activation. Default: 0.")
    String scale;

    @Option(names = "--shift", paramLabel = "F", description = "A shift of the scale's shape. Default: 0.")
    String shift;

    @Option(
            names = "--running-mean",
            paramLabel = "F",
            description = "Running means, one per channel; required with --eval.")
    String runningMean;

    @Option(
            names = "--running-var",
            paramLabel = "F",
            description = "Running variances, one per channel; required with --eval.")
    String runningVar;

    /** Rejects an offset that has no weight, or that a device cannot hold. */
    void checkWeightOffset() {
        if (!Double.isFinite((float) weightOffset)) {
            throw new IllegalArgumentException(
                    "--weight-offset " + weightOffset + ": expected a finite number in the range of float32");
        }
        if (weightOffset != 0 && weight == null) {
            throw new IllegalArgumentException("--weight-offset needs --weight");
        }
    }

    /** Rejects a missing file of running statistics. */
    void requireRunningStatistics() {
        if (runningMean == null || runningVar == null) {
            throw new IllegalArgumentException("--eval needs --running-mean and --running-var, but "
                    + (runningMean == null ? "--running-mean" : "--running-var") + " is missing");
        }
    }
}
