package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;

/** A library that normalizes. Closing it after its tasks frees what they share. */
interface Peer extends AutoCloseable {

    /**
     * Prepares a task, so that its calls run only the pass.
     *
     * @param workload what is normalized
     * @param data the tensors, in the workload's layout. Not modified
     * @param direction which pass
     * @param slots how many copies of the tensors exist
     * @return the task
     * @throws UnsupportedOperationException with a short reason, if the library lacks the operation, the direction or
     *     the layout
     */
    Task prepare(Workload workload, Data data, Direction direction, int slots);

    /** The library's version, such as {@code 2.10.0}. */
    String version();

    @Override
    void close();
}
