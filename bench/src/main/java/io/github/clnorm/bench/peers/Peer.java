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
     * @throws UnsupportedOperationException with a short reason, if the library lacks the operation, the direction, the
     *     type or the layout
     */
    Task prepare(Workload workload, Data data, Direction direction, int slots);

    /**
     * Prepares a chain: a task that runs several calls and then waits once. Each call reads what the call before it wrote,
     * and writes to the tensor that the call before it read. The first call of each chain reads a tensor that is never
     * written. Backward, the calls from slot s on use the copies s, s + 1, ... of x.
     *
     * @param workload what is normalized
     * @param data the tensors, in the workload's layout. Not modified
     * @param direction which pass
     * @param slots how many copies of x exist
     * @param calls how many calls
     * @return the task
     * @throws UnsupportedOperationException as {@link #prepare}
     */
    Task chain(Workload workload, Data data, Direction direction, int slots, int calls);

    /** The library's version, such as {@code 2.10.0}. */
    String version();

    @Override
    void close();
}
