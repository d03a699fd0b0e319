package io.github.clnorm;

import java.util.List;
import java.util.stream.IntStream;

/**
 * An exchange between threads of this process that begins anew after a failure. The participants stay the same.
 *
 * <p>Thread-safe; {@link #renew} is called while no participant is in a call.
 */
final class RenewableExchange implements AutoCloseable {

    private final List<StatisticsExchange> participants;
    private volatile List<StatisticsExchange> current;

    RenewableExchange(int participants) {
        this.current = StatisticsExchange.inProcess(participants);
        this.participants = IntStream.range(0, participants)
                .<StatisticsExchange>mapToObj(Participant::new)
                .toList();
    }

    /** One object for each participant. */
    List<StatisticsExchange> participants() {
        return participants;
    }

    /** Forgets the calls that were made and the failure. */
    void renew() {
        close();
        current = StatisticsExchange.inProcess(participants.size());
    }

    @Override
    public void close() {
        current.forEach(StatisticsExchange::close);
    }

    /** A participant of the current exchange. */
    private final class Participant implements StatisticsExchange {
        private final int number;

        Participant(int number) {
            this.number = number;
        }

        private StatisticsExchange own() {
            return current.get(number);
        }

        @Override
        public ChannelMoments sum(ChannelMoments moments) {
            return own().sum(moments);
        }

        @Override
        public ChannelGradients sum(ChannelGradients gradients) {
            return own().sum(gradients);
        }

        @Override
        public int participants() {
            return participants.size();
        }

        @Override
        public void abort(Throwable cause) {
            own().abort(cause);
        }

        @Override
        public void close() {
            own().close();
        }

        @Override
        public String toString() {
            return own().toString();
        }
    }
}
