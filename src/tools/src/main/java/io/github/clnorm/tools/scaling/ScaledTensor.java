package io.github.clnorm.tools.scaling;

import java.util.List;

/**
 * A float32 tensor and an operation on it.
 *
 * @param operation PyTorch's functional name
 * @param shape as it is written
 * @param samples N; the rows of LayerNorm
 * @param channels C; 1 for LayerNorm
 * @param positions elements of a sample and channel; the length of a row of LayerNorm
 */
record ScaledTensor(String operation, String shape, long samples, long channels, long positions) {

    private static final int BLOCK = 1024;
    private static final int TILE = 128;

    static final List<ScaledTensor> ALL = List.of(
            new ScaledTensor("group_norm", "8x256x56x56", 8, 256, 56 * 56),
            new ScaledTensor("instance_norm", "1x32x512x512x512", 1, 32, 512L * 512 * 512),
            new ScaledTensor("batch_norm", "256x256x56x56", 256, 256, 56 * 56),
            new ScaledTensor("batch_norm", "4096x256x56x56", 4096, 256, 56 * 56),
            new ScaledTensor("batch_norm", "65536x256x56x56", 65536, 256, 56 * 56),
            new ScaledTensor("layer_norm", "1048576x4096", 1 << 20, 1, 4096));

    double bytes() {
        return 4.0 * samples * channels * positions;
    }

    private boolean onRows() {
        return operation.equals("layer_norm");
    }

    /** Whether sets have elements of all samples, so that their statistics are exchanged. */
    boolean acrossSamples() {
        return operation.equals("batch_norm");
    }

    /** What is divided among devices: samples, or the channels of a single one. */
    long units() {
        return samples == 1 ? channels : samples;
    }

    /** Moments of a sample and channel that go into the statistics. 0 if devices need none of another. */
    double statisticsTerms() {
        return acrossSamples() ? (double) samples * channels : 0;
    }

    /**
     * The sums that go into the gradients of the parameters: those of a sample and channel, or of a tile of rows. 0 if a
     * device has all elements of its channels.
     */
    double gradientTerms() {
        if (onRows()) {
            return Math.ceil((double) samples / TILE) * positions;
        }
        return samples == 1 ? 0 : (double) samples * channels;
    }

    /** Pairs of gamma and beta, and of statistics. */
    double parameters() {
        return onRows() ? positions : channels;
    }

    /** Blocks in the order of summation. */
    double blocks() {
        return (double) samples * channels * Math.ceil((double) positions / BLOCK);
    }

    /** Blocks whose sums go into the gradients of the parameters. */
    double gradientBlocks() {
        return onRows() ? gradientTerms() : blocks();
    }

    @Override
    public String toString() {
        return operation + " " + shape;
    }
}
