package io.github.clnorm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Threads of the participants of an exchange, in tests. */
final class Participants {

    private Participants() {}

    /** What one participant does. */
    interface Work<T> {
        T run(StatisticsExchange exchange, int number) throws Exception;
    }

    /** Starts a thread for each participant, which leaves the exchange when its work fails. */
    static <T> List<FutureTask<T>> start(List<StatisticsExchange> exchanges, Work<T> work) {
        List<FutureTask<T>> tasks = new ArrayList<>();
        for (int i = 0; i < exchanges.size(); i++) {
            int number = i;
            StatisticsExchange exchange = exchanges.get(i);
            FutureTask<T> task = new FutureTask<>(() -> {
                try {
                    return work.run(exchange, number);
                } catch (Exception e) {
                    exchange.close();
                    throw e;
                }
            });
            tasks.add(task);
            new Thread(task, "participant " + i).start();
        }
        return tasks;
    }

    /** The results of all. */
    static <T> List<T> results(List<FutureTask<T>> tasks) throws InterruptedException {
        List<T> results = new ArrayList<>();
        for (FutureTask<T> task : tasks) {
            try {
                results.add(task.get());
            } catch (ExecutionException e) {
                throw new AssertionError("a participant failed", e.getCause());
            }
        }
        return results;
    }

    /** What a participant threw. */
    static Throwable failure(FutureTask<?> task) throws InterruptedException {
        try {
            throw new AssertionError("no failure, but " + task.get());
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }
}
