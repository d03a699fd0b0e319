package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Tuning;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a program forgets to close is reclaimed, and said. */
@Tag("device")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@SuppressWarnings("try")
class ForgottenTest {

    // A collection runs at 4096 tensors, then at twice what the last one left. The cleaner may still be reporting when
    // it
    // ends, so a part of the first 4096 counts as left.
    private static final int MOST_OPEN = 4 * 4096;

    private static final float[] VALUES = Values.normal(1, 800, 0, 1);
    private static final long[] SHAPE = {2, 4, 100};

    /** Runs the garbage collector until something holds; the test's time-out ends it where it never does. */
    private static void collectUntil(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            System.gc();
            Thread.yield();
        }
    }

    @Test
    void tensorsLayersAndPassesAreReclaimed() {
        try (Backend backend = Backend.open(TestDevices.first().device(), Tuning.OFF);
                Tensor x = backend.tensor(VALUES, SHAPE)) {
            GroupNorm.of(backend, 2, 4).infer(x).close();
            collectUntil(() -> backend.memory().tensors() == 1);
            for (int i = 0; i < 3; i++) {
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                norm.forward(x);
                norm.record(x).backward(x);
                BatchNorm.of1d(backend, 4).infer(x);
                InstanceNorm.of1d(backend, 4).record(backend.tensor(new float[12], 4, 3));
                Functional.layerNorm(x, new long[] {100}, null, null, 1e-5, Options.DEFAULTS);
                backend.scope().keep(norm);
            }
            collectUntil(() -> backend.memory().tensors() == 1);
            assertEquals(800, x.toFloats().length, "what is still referred to stays");
        }
    }

    @Test
    void memoryStaysWhileASliceOfItIsReachable() {
        try (Backend backend = Backend.open(TestDevices.first().device(), Tuning.OFF)) {
            Tensor slice = backend.tensor(VALUES, 800).view(2, 400).slice(0, 1);
            WeakReference<Object> collected = new WeakReference<>(new Object());
            collectUntil(() -> collected.get() == null && backend.session().openBuffers() == 1);
            assertEquals(3200, backend.memory().inUse());
            assertEquals(400, slice.toFloats().length);
            slice.close();
            assertEquals(0, backend.memory().inUse());
            backend.tensor(VALUES, 800).view(2, 400).slice(0, 1);
            collectUntil(() -> backend.session().openBuffers() == 0);
            assertEquals(0, backend.memory().inUse());
        }
    }

    /** A view is the same memory: as long as one of both is reachable, it stays. */
    @Test
    void whatAnotherObjectStillNeedsStays() {
        try (Backend backend = Backend.open(TestDevices.first().device(), Tuning.OFF);
                InstanceNorm norm = InstanceNorm.of1d(backend, 4)) {
            Tensor y = norm.infer(backend.tensor(VALUES, 4, 200));
            WeakReference<Object> collected = new WeakReference<>(new Object());
            collectUntil(() -> collected.get() == null && backend.memory().tensors() == 1);
            assertEquals(800, y.toFloats().length);
        }
    }

    @Test
    void aBackendIsReclaimed() {
        var device = TestDevices.first().device();
        FaultyOpenCl counting = new FaultyOpenCl(JoclOpenCl.open(device, false));
        counting.fail("nothing", 1);
        new Backend(new Session(counting.port(), device)).tensor(VALUES, SHAPE);
        collectUntil(() -> counting.count("close") == 1);
        assertEquals(counting.count("createBuffer"), counting.count("release Memory"));
    }

    /** An open scope that is forgotten keeps neither its tensors nor its backend. */
    @Test
    void aBackendWithAForgottenScopeIsReclaimed() {
        var device = TestDevices.first().device();
        FaultyOpenCl counting = new FaultyOpenCl(JoclOpenCl.open(device, false));
        counting.fail("nothing", 1);
        openAScope(new Backend(new Session(counting.port(), device)));
        collectUntil(() -> counting.count("close") == 1);
    }

    private static void openAScope(Backend backend) {
        backend.scope();
        backend.empty(SHAPE);
    }

    /** Also in a thread that was interrupted, and stays so. */
    @Test
    void anInterruptedThreadsForgottenOnesAreReclaimed() {
        try (Backend backend = Backend.open(TestDevices.first().device(), Tuning.OFF)) {
            int most = 0;
            Thread.currentThread().interrupt();
            for (int i = 0; i < 20_000; i++) {
                backend.empty(1);
                most = Math.max(most, backend.memory().tensors());
            }
            assertTrue(Thread.interrupted());
            assertTrue(most <= MOST_OPEN, most + " open tensors");
        }
    }

    @Test
    void manyForgottenOnesAreReclaimedWithoutAWaitForTheCollector() {
        try (Backend backend = Backend.open(TestDevices.first().device(), Tuning.OFF)) {
            int most = 0;
            for (int i = 0; i < 20_000; i++) {
                backend.empty(1);
                most = Math.max(most, backend.memory().tensors());
            }
            assertTrue(most <= MOST_OPEN, most + " open tensors");
        }
    }

    @Test
    void thePlaceOfAllocationIsReportedOnceWhereAsked() throws InterruptedException {
        List<LogRecord> records = new ArrayList<>();
        CountDownLatch reported = new CountDownLatch(1);
        Handler handler = new Handler() {
            @Override
            public synchronized void publish(LogRecord record) {
                if (record.getThrown() != null) {
                    records.add(record);
                    reported.countDown();
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("io.github.clnorm");
        logger.addHandler(handler);
        System.setProperty("clnorm.leaks", "on");
        try (Backend backend = Backend.open(TestDevices.first().device(), Tuning.OFF)) {
            for (int i = 0; i < 3; i++) {
                forgetful(backend);
            }
            try (Scope scope = backend.scope()) {
                scopedForgetful(backend);
                collectUntil(() -> backend.memory().tensors() == 0);
            }
            collectUntil(() -> backend.memory().tensors() == 0);
            reported.await();
        } finally {
            System.clearProperty("clnorm.leaks");
            logger.removeHandler(handler);
        }
        List<LogRecord> ours = records.stream()
                .filter(record -> List.of(record.getThrown().getStackTrace()).stream()
                        .anyMatch(frame ->
                                frame.getMethodName().toLowerCase(Locale.ROOT).endsWith("forgetful")))
                .toList();
        assertEquals(1, ours.size(), "each place once, and none for what an open scope would have closed");
        assertTrue(
                ours.get(0).getMessage().contains("a tensor of 3200 bytes became unreachable without being closed"),
                ours.get(0).getMessage());
    }

    private static void scopedForgetful(Backend backend) {
        backend.empty(SHAPE);
    }

    private static void forgetful(Backend backend) {
        backend.empty(SHAPE);
    }
}
