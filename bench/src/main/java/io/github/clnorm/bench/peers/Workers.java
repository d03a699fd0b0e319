package io.github.clnorm.bench.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** A parallel loop: the threads of a pool and the calling thread take one index after the other. */
final class Workers implements AutoCloseable {

    /** The body of a loop. */
    interface Body {
        void run(int index);
    }

    private final int threads;
    private final ExecutorService pool = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "worker");
        thread.setDaemon(true);
        return thread;
    });

    Workers(int threads) {
        this.threads = threads;
    }

    int threads() {
        return threads;
    }

    /** Runs a body for every index below a count; returns when all are done. */
    void loop(int count, Body body) {
        AtomicInteger next = new AtomicInteger();
        Callable<Void> share = () -> {
            for (int index = next.getAndIncrement(); index < count; index = next.getAndIncrement()) {
                body.run(index);
            }
            return null;
        };
        List<Future<Void>> others = new ArrayList<>();
        for (int thread = 1; thread < threads; thread++) {
            others.add(pool.submit(share));
        }
        try {
            share.call();
            for (Future<Void> other : others) {
                other.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
