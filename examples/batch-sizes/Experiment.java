import io.github.clnorm.Backend;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Makes runs, one on each processor at a time. The results do not depend on the number of processors. */
final class Experiment {

    private Experiment() {}

    /** Receives the error of a finished run, on any thread. */
    interface Listener {
        void finished(Run run, double error);
    }

    /**
     * Makes runs in their order, until there are no more or the caller ends it.
     *
     * @param mayStart asked before each run
     */
    static void make(List<Run> runs, Backend backend, Settings settings, BooleanSupplier mayStart, Listener listener) {
        Queue<Run> waiting = new ConcurrentLinkedQueue<>(runs);
        int threads = Runtime.getRuntime().availableProcessors();
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try (Training training = new Training(backend, settings)) {
            Runnable worker = () -> {
                while (mayStart.getAsBoolean()) {
                    Run run = waiting.poll();
                    if (run == null) {
                        return;
                    }
                    listener.finished(run, training.error(run));
                }
            };
            CompletableFuture.allOf(Stream.generate(() -> CompletableFuture.runAsync(worker, executor))
                            .limit(threads)
                            .toArray(CompletableFuture[]::new))
                    .join();
        } finally {
            executor.shutdownNow();
        }
    }
}
