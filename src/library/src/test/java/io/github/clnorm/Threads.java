package io.github.clnorm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Threads for tests: platform threads, and virtual ones where Java has them. */
final class Threads {

    private static final int COUNT = 8;

    private Threads() {}

    /** The work of one of eight threads, by its number. */
    interface NumberedWork {
        void run(int number) throws Exception;
    }

    /** Kinds of threads that this Java has. */
    static List<Boolean> kinds() {
        return Runtime.version().feature() >= 21 ? List.of(false, true) : List.of(false);
    }

    static Thread startVirtual(Runnable work) throws ReflectiveOperationException {
        return (Thread)
                Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, work);
    }

    /** Eight threads that begin together; the first failure is thrown. */
    static void eight(boolean virtual, NumberedWork work) throws Exception {
        CyclicBarrier begin = new CyclicBarrier(COUNT);
        List<FutureTask<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            int number = i;
            Callable<Void> call = () -> {
                begin.await();
                work.run(number);
                return null;
            };
            FutureTask<Void> task = new FutureTask<>(call);
            tasks.add(task);
            if (virtual) {
                startVirtual(task);
            } else {
                new Thread(task, "worker " + i).start();
            }
        }
        Throwable first = null;
        for (FutureTask<Void> task : tasks) {
            try {
                task.get();
            } catch (ExecutionException e) {
                first = first == null ? e.getCause() : first;
            }
        }
        if (first != null) {
            throw new AssertionError("a thread failed", first);
        }
    }
}
