package io.github.clnorm;

import java.time.Duration;
import java.util.List;

/**
 * What the participants of a synchronized batch_norm exchange: each gives the moments or gradients of its part of the
 * batch, and gets the sum over all participants. {@link SyncBatchNorm} uses it. Because the sums are exact, all
 * participants get the same bits, whichever arrives first and however the batch was divided.
 *
 * <p>An object belongs to one participant, such as the thread of a device. All layers of a participant may share it:
 * its calls have an order, and the calls of the same place in that order belong together. So all participants must make
 * the same calls in the same order.
 *
 * <p>A call blocks until all participants have made theirs. If a participant fails, leaves ({@link #close}), is
 * interrupted, makes another call than the others or does not arrive in time, then all pending and all later calls of
 * all participants throw {@link ExchangeException}, whose message names that participant and the reason. A failed
 * exchange does not recover: the participants create a new one.
 *
 * <p>An implementation for several processes can send {@link ChannelMoments#toBytes()} and {@link
 * ChannelGradients#toBytes()}.
 *
 * <p>Thread-safe for the calls of different participants and for {@link #close} and {@link #abort}. A participant makes
 * one call at a time; a second one at the same time throws IllegalStateException.
 */
public interface StatisticsExchange extends AutoCloseable {

    /** How long a participant waits for the others unless the application sets another time: 10 minutes. */
    Duration DEFAULT_TIMEOUT = Duration.ofMinutes(10);

    /**
     * Adds the moments of all participants. Blocks until all have given theirs.
     *
     * @param own the moments of this participant's part of the batch; {@link ChannelMoments#none} for an empty part
     * @return the sum, equal for all participants
     * @throws ExchangeException if the exchange has failed; also if this thread is interrupted, whose interrupt status
     *     is then set
     * @throws IllegalStateException if this participant has left, or another of its threads is in a call
     */
    ChannelMoments sum(ChannelMoments own);

    /**
     * Adds the gradients of all participants. Blocks until all have given theirs.
     *
     * @param own the gradients of this participant's part of the batch; {@link ChannelGradients#none} for an empty part
     * @return the sum, equal for all participants
     * @throws ExchangeException if the exchange has failed; also if this thread is interrupted, whose interrupt status
     *     is then set
     * @throws IllegalStateException if this participant has left, or another of its threads is in a call
     */
    ChannelGradients sum(ChannelGradients own);

    /**
     * The number of participants.
     *
     * @return the number, with this one
     */
    int participants();

    /**
     * Tells the others that this participant has failed. Their pending and later calls throw {@link ExchangeException}
     * with this cause. A no-op if the exchange has failed already. Does not block.
     *
     * @param cause why
     */
    void abort(Throwable cause);

    /**
     * Leaves the exchange. Calls for which other participants still need this one throw {@link ExchangeException}.
     * Closing it again is a no-op. Does not block.
     */
    @Override
    void close();

    /**
     * An exchange between threads of this process, which wait for each other up to {@link #DEFAULT_TIMEOUT}.
     *
     * @param participants 1 or more
     * @return one object for each participant
     * @throws IllegalArgumentException if the number is not positive
     */
    static List<StatisticsExchange> inProcess(int participants) {
        return inProcess(participants, DEFAULT_TIMEOUT);
    }

    /**
     * An exchange between threads of this process.
     *
     * @param participants 1 or more
     * @param timeout how long a call waits for the other participants
     * @return one object for each participant
     * @throws IllegalArgumentException if the number or the time is not positive
     */
    static List<StatisticsExchange> inProcess(int participants, Duration timeout) {
        return InProcessExchange.of(participants, timeout);
    }
}
