package io.github.clnorm.spark;

import io.github.clnorm.ChannelGradients;
import io.github.clnorm.ChannelMoments;
import io.github.clnorm.ExchangeException;
import io.github.clnorm.StatisticsExchange;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.util.TaskCompletionListener;
import org.apache.spark.util.TaskFailureListener;

/**
 * The exchange of the tasks of a barrier stage: each task is a participant, whose number is that of its partition. {@link
 * ClnormSpark#mapPartitionsTogether} makes one for each task.
 *
 * <p>It is correct, and slow: each call goes through the driver, which sends the exact sums of all tasks to each task. Use
 * it if a batch does not fit one machine, and several devices of one process ({@link StatisticsExchange#inProcess}) if it
 * does. docs/spark.md has figures.
 *
 * <p>A task that fails, or ends while others wait for it, makes their calls throw {@link ExchangeException} with its
 * number and reason. Spark cancels the stage when a task fails or an executor is lost, which also ends all calls. A call
 * that waits longer than the timeout throws; Spark does not tell it which tasks are missing.
 *
 * <p>The tasks may call {@code barrier()} and {@code allGather()} of their context between calls, all in the same order.
 *
 * <p>Thread-safe as {@link StatisticsExchange} says.
 */
public final class BarrierExchange implements StatisticsExchange {

    private static final Map<Long, BarrierExchange> OF_TASKS = new ConcurrentHashMap<>();

    private final GatherThread calls;
    private final Duration timeout;
    private final int number;
    private final int participants;
    private final String name;
    // Guarded by this, as all below.
    private String failure;
    private Throwable cause;
    private boolean isTold;
    private boolean taskFailed;
    private boolean inCall;
    private boolean left;

    private BarrierExchange(BarrierTaskContext task, Duration timeout) {
        this.calls = new GatherThread(task);
        this.timeout = timeout;
        this.number = task.partitionId();
        this.participants = task.numPartitions();
        this.name = name(number) + " (executor " + SparkEnv.get().executorId() + " on "
                + task.getTaskInfos()[number].address() + ")";
        task.addTaskFailureListener((TaskFailureListener) (context, error) -> taskFailed(error));
        task.addTaskCompletionListener((TaskCompletionListener) context -> end(context.taskAttemptId()));
    }

    /**
     * The exchange of the calling task, which waits up to {@link StatisticsExchange#DEFAULT_TIMEOUT} for the others. It
     * is the same object for all calls of a task.
     *
     * @return the exchange; it ends with the task
     * @throws IllegalStateException if the caller is not a task of a barrier stage
     */
    public static BarrierExchange ofTask() {
        return ofTask(DEFAULT_TIMEOUT);
    }

    /**
     * The exchange of the calling task.
     *
     * @param timeout how long a call waits for the other tasks
     * @return the exchange; it ends with the task
     * @throws IllegalArgumentException if the time is not positive
     * @throws IllegalStateException if the caller is not a task of a barrier stage, or its exchange has another timeout
     */
    public static BarrierExchange ofTask(Duration timeout) {
        requirePositive(timeout);
        if (!(TaskContext.get() instanceof BarrierTaskContext task)) {
            throw new IllegalStateException("Expected a task of a barrier stage, but the caller is "
                    + (TaskContext.get() == null ? "on no task's thread" : "a task of another stage")
                    + ": use ClnormSpark.mapPartitionsTogether, or rdd.barrier().mapPartitions of Scala");
        }
        BarrierExchange exchange =
                OF_TASKS.computeIfAbsent(task.taskAttemptId(), id -> new BarrierExchange(task, timeout));
        if (!exchange.timeout.equals(timeout)) {
            throw new IllegalStateException("Expected the timeout " + exchange.timeout
                    + " of the exchange that this task has already, got " + timeout);
        }
        return exchange;
    }

    static void requirePositive(Duration timeout) {
        Objects.requireNonNull(timeout, "timeout");
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("Expected a positive timeout, got " + timeout);
        }
    }

    @Override
    public ChannelMoments sum(ChannelMoments own) {
        return sum(ExchangeMessage.of(own), ExchangeMessage::moments, ChannelMoments::plus);
    }

    @Override
    public ChannelGradients sum(ChannelGradients own) {
        return sum(ExchangeMessage.of(own), ExchangeMessage::gradients, ChannelGradients::plus);
    }

    private <T> T sum(ExchangeMessage own, Function<ExchangeMessage, T> content, BinaryOperator<T> plus) {
        enter();
        try {
            own.requireFits(participants, SparkEnv.get().conf());
            return total(own, gathered(own), content, plus);
        } catch (IllegalArgumentException e) {
            throw failed(name + ": " + e.getMessage(), e);
        } finally {
            leaveCall();
        }
    }

    private synchronized void enter() {
        if (left) {
            throw new IllegalStateException(name + " has left the exchange");
        }
        if (inCall) {
            throw new IllegalStateException(name + " is in a call on another thread");
        }
        if (failure != null) {
            throw failed();
        }
        inCall = true;
    }

    private synchronized void leaveCall() {
        inCall = false;
    }

    /** The messages of all participants. */
    private String[] gathered(ExchangeMessage own) {
        Future<String[]> round = calls.gather(own.text());
        try {
            String[] messages = calls.await(round, timeout.toNanos(), this::hasFailed);
            if (messages == null) {
                throw failed(
                        "not all other participants arrived within " + timeout.toMillis() + " ms, for which " + name
                                + " waited: Spark's page of the stage shows what each task does",
                        null);
            }
            return messages;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(name + " was interrupted, as by Spark when it cancels a stage of which a task failed", e);
        } catch (ExecutionException e) {
            throw failed(name + ": " + reason(e.getCause()), e.getCause());
        }
    }

    private static String reason(Throwable ofSpark) {
        return ofSpark instanceof TaskKilledException
                ? "Spark cancelled the stage: one of its tasks failed, or the job was cancelled"
                : "allGather failed: " + ofSpark;
    }

    /** The sum in the order of the participants. All of them get the same messages, and so the same sum or failure. */
    private <T> T total(
            ExchangeMessage own, String[] messages, Function<ExchangeMessage, T> content, BinaryOperator<T> plus) {
        T total = null;
        for (String text : messages) {
            ExchangeMessage message = ExchangeMessage.parse(text);
            if (message.isFailure()) {
                throw received(message.sentence());
            }
        }
        for (int other = 0; other < messages.length; other++) {
            ExchangeMessage message = ExchangeMessage.parse(messages[other]);
            if (!message.isLike(own)) {
                throw received("participants make different calls: " + name(number) + " gave " + own.contentName()
                        + " and " + name(other) + " " + message.contentName());
            }
            try {
                T part = content.apply(message);
                total = total == null ? part : plus.apply(total, part);
            } catch (IllegalArgumentException e) {
                throw received("the sums of " + name(other) + " do not fit those before: " + e.getMessage());
            }
        }
        return total;
    }

    @Override
    public int participants() {
        return participants;
    }

    @Override
    public synchronized void abort(Throwable why) {
        Objects.requireNonNull(why, "cause");
        fail(name + " failed: " + why, why);
    }

    /** Leaves the exchange. The others hear of it when the task ends, if they still need this participant. */
    @Override
    public synchronized void close() {
        left = true;
    }

    private synchronized void taskFailed(Throwable error) {
        taskFailed = true;
        abort(error);
    }

    private void end(long taskAttemptId) {
        OF_TASKS.remove(taskAttemptId);
        calls.end(lastMessage(), hasTaskFailed());
    }

    /** What the others do not know yet; null for nothing. */
    private synchronized String lastMessage() {
        left = true;
        if (failure == null) {
            failure = name + " left";
        }
        return isTold ? null : ExchangeMessage.failure(failure).text();
    }

    private synchronized boolean hasTaskFailed() {
        return taskFailed;
    }

    /** The number and place of the participant. */
    @Override
    public String toString() {
        return name;
    }

    private String name(int participant) {
        return "participant " + participant + " of " + participants;
    }

    private synchronized boolean hasFailed() {
        return failure != null;
    }

    /** Records the first failure, and sends it to the others in place of the next call. */
    private synchronized void fail(String sentence, Throwable why) {
        if (failure == null) {
            failure = sentence;
            cause = why;
            isTold = true;
            calls.gather(ExchangeMessage.failure(sentence).text());
        }
    }

    private synchronized ExchangeException failed(String sentence, Throwable why) {
        fail(sentence, why);
        return failed();
    }

    /** A failure that all participants find in the messages of a round. */
    private synchronized ExchangeException received(String sentence) {
        if (failure == null) {
            failure = sentence;
            isTold = true;
        }
        return failed();
    }

    private synchronized ExchangeException failed() {
        return new ExchangeException("the exchange of statistics has failed: " + failure, cause);
    }
}
