package io.github.clnorm.internal.runtime;

import java.util.function.UnaryOperator;

/**
 * The buffers that a pass reads and writes, all on one session.
 *
 * @param <B> the implementing record
 */
sealed interface PassBuffers<B extends PassBuffers<B>> permits ForwardBuffers, BackwardBuffers {

    /** All buffers in the order of the components; null for one that is absent. */
    DeviceBuffer[] all();

    /** The same record with every buffer replaced. The function gets null for one that is absent. */
    B map(UnaryOperator<DeviceBuffer> function);
}
