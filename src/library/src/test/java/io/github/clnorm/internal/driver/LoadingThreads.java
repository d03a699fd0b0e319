package io.github.clnorm.internal.driver;

import io.github.clnorm.device.Devices;
import io.github.clnorm.device.NoDeviceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;

/** A program whose threads query devices at the same time. Prints a line for each thread. */
final class LoadingThreads {

    private static final int THREADS = 2;

    private LoadingThreads() {}

    /**
     * Starts the threads and blocks until they end.
     *
     * @param arguments none
     * @throws InterruptedException if this thread is interrupted
     */
    public static void main(String[] arguments) throws InterruptedException {
        CyclicBarrier together = new CyclicBarrier(THREADS);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> print(together));
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void print(CyclicBarrier together) {
        try {
            together.await();
            System.out.println("platforms: " + Devices.platforms().size());
        } catch (NoDeviceException e) {
            System.out.println("no device: " + e.getMessage());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
