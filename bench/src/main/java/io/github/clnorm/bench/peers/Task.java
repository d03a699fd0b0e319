package io.github.clnorm.bench.peers;

/**
 * One pass of one peer over one workload. A backward pass starts from statistics that a forward pass saved while the task
 * was prepared.
 */
interface Task extends AutoCloseable {

    /**
     * Runs the pass over a copy of the tensors. It is finished when this returns.
     *
     * @param slot which copy
     * @return what was computed, for JMH to consume; valid until the same slot runs again
     */
    Object run(int slot);

    /** What the last run of a slot computed. */
    PeerResults results(int slot);

    /** The name of the library's implementation, or null if it does not report one. */
    default String implementation() {
        return null;
    }

    @Override
    void close();
}
