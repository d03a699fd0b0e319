package io.github.clnorm;

/**
 * The running statistics of an operation after a batch, as PyTorch's modules with {@code track_running_stats} have them. {@link
 * NormSpec#runningStatistics(TrackedStatistics)} takes them for the next batch, or for evaluation.
 *
 * <p>Thread-safe; the arrays are not copied.
 *
 * @param runningMean new = (1 - momentum) · old + momentum · mean of the batch, for each channel
 * @param runningVar the same of the unbiased variance
 * @param numBatchesTracked the batches in them; 0 for instance_norm, which counts none
 */
public record TrackedStatistics(double[] runningMean, double[] runningVar, long numBatchesTracked) {}
