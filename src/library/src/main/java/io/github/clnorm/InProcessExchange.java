package io.github.clnorm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;

/**
 * An exchange between threads of one process. Calls go in rounds: the last participant that arrives adds, and wakes the
 * others.
 */
final class InProcessExchange {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Duration timeout;
    private final int participants;
    // What each participant has given in this round; null if it has not arrived. Guarded by the lock, as all below.
    private final Object[] given;
    private Round round = new Round();
    private String failure;
    private Throwable cause;

    /** The result of a round. Participants that wake up late still find it when the next round has begun. */
    private static final class Round {
        Object result;
    }

    private InProcessExchange(int participants, Duration timeout) {
        this.participants = participants;
        this.timeout = timeout;
        this.given = new Object[participants];
    }

    static List<StatisticsExchange> of(int participants, Duration timeout) {
        if (participants < 1) {
            throw new IllegalArgumentException("Expected 1 or more participants, got " + participants);
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("Expected a positive timeout, got " + timeout);
        }
        InProcessExchange exchange = new InProcessExchange(participants, timeout);
        List<StatisticsExchange> all = new ArrayList<>();
        for (int i = 0; i < participants; i++) {
            all.add(exchange.new Participant(i));
        }
        return List.copyOf(all);
    }

    /** The handle of one participant. */
    private final class Participant implements StatisticsExchange {
        private final int number;
        private boolean inCall;
        private boolean left;

        Participant(int number) {
            this.number = number;
        }

        @Override
        public ChannelMoments sum(ChannelMoments own) {
            return sum(ChannelMoments.class, own, ChannelMoments::plus);
        }

        @Override
        public ChannelGradients sum(ChannelGradients own) {
            return sum(ChannelGradients.class, own, ChannelGradients::plus);
        }

        private <T> T sum(Class<T> type, T own, BinaryOperator<T> plus) {
            Objects.requireNonNull(own, "own");
            lock.lock();
            try {
                enter();
                try {
                    return type.cast(exchanged(type, own, plus));
                } finally {
                    inCall = false;
                }
            } finally {
                lock.unlock();
            }
        }

        private void enter() {
            if (left) {
                throw new IllegalStateException(this + " has left the exchange");
            }
            if (inCall) {
                throw new IllegalStateException(this + " is in a call on another thread");
            }
            requireWorking();
            inCall = true;
        }

        private <T> Object exchanged(Class<T> type, T own, BinaryOperator<T> plus) {
            Round current = round;
            given[number] = own;
            if (arrived() == participants) {
                complete(type, plus);
            } else {
                await(current);
            }
            return current.result;
        }

        /** Adds what all have given, and begins the next round. */
        private <T> void complete(Class<T> type, BinaryOperator<T> plus) {
            T total = null;
            for (int i = 0; i < participants; i++) {
                total = plus(total, i, type, plus);
            }
            round.result = total;
            round = new Round();
            Arrays.fill(given, null);
            changed.signalAll();
        }

        private <T> T plus(T total, int other, Class<T> type, BinaryOperator<T> plus) {
            if (!type.isInstance(given[other])) {
                throw failed(
                        "participants make different calls: " + this + " gave " + type.getSimpleName() + " and "
                                + name(other) + " " + given[other].getClass().getSimpleName(),
                        null);
            }
            T part = type.cast(given[other]);
            try {
                return total == null ? part : plus.apply(total, part);
            } catch (RuntimeException e) {
                throw failed("the sums of " + name(other) + " do not fit those before: " + e.getMessage(), e);
            }
        }

        private void await(Round current) {
            long remaining = timeout.toNanos();
            while (current.result == null) {
                requireWorking();
                if (remaining <= 0) {
                    throw failed(
                            missing() + " did not arrive within " + timeout.toMillis() + " ms, for which " + this
                                    + " waited",
                            null);
                }
                try {
                    remaining = changed.awaitNanos(remaining);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    if (current.result == null) {
                        throw failed(this + " was interrupted", e);
                    }
                }
            }
        }

        @Override
        public int participants() {
            return participants;
        }

        @Override
        public void abort(Throwable why) {
            Objects.requireNonNull(why, "cause");
            lock.lock();
            try {
                fail(this + " failed: " + why, why);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                if (!left) {
                    left = true;
                    fail(this + " left", null);
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public String toString() {
            return name(number);
        }
    }

    private String name(int number) {
        return "participant " + number + " of " + participants;
    }

    private int arrived() {
        return (int)
                IntStream.range(0, participants).filter(i -> given[i] != null).count();
    }

    private String missing() {
        return "participants "
                + IntStream.range(0, participants)
                        .filter(i -> given[i] == null)
                        .mapToObj(Integer::toString)
                        .reduce((a, b) -> a + ", " + b)
                        .orElseThrow()
                + " of " + participants;
    }

    /** Records the first failure, and wakes all. */
    private void fail(String message, Throwable why) {
        if (failure == null) {
            failure = message;
            cause = why;
            changed.signalAll();
        }
    }

    private ExchangeException failed(String message, Throwable why) {
        fail(message, why);
        return failed();
    }

    private ExchangeException failed() {
        return new ExchangeException("the exchange of statistics has failed: " + failure, cause);
    }

    private void requireWorking() {
        if (failure != null) {
            throw failed();
        }
    }
}
