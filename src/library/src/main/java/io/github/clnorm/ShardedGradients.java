package io.github.clnorm;

/**
 * The gradients of a pass over a sharded tensor.
 *
 * <p>Thread-safe; the arrays are not copied.
 *
 * @param input dx, distributed as the input is; the caller closes it
 * @param weight dγ over all shards, one value for each weight; null if the layer has none
 * @param bias dβ over all shards, one value for each bias; null if the layer has none
 */
public record ShardedGradients(ShardedTensor input, double[] weight, double[] bias) implements AutoCloseable {

    /** Closes dx. */
    @Override
    public void close() {
        input.close();
    }
}
