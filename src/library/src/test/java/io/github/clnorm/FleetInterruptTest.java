package io.github.clnorm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.fleet.ShareStore;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.TestDevices;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An interrupt of the thread that waits for a pass ends the pass, wherever it is, and the fleet works on. */
@Tag("device")
@Tag("slow")
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("try")
class FleetInterruptTest {

    private static final NormSpec IN_PIECES = NormSpec.groupNorm(2, 4);
    private static final NormSpec IN_SECTIONS = NormSpec.batchNorm(4);
    private static final long[] SHAPE = {48, 4, 50};
    private static final int BYTES = 48 * 4 * 50 * Float.BYTES;

    @TempDir
    private Path folder;

    private final FaultyOpenCl[] ports = new FaultyOpenCl[2];
    private final Backend[] backends = new Backend[2];
    private final ByteBuffer x = memory();
    private Fleet fleet;

    private interface Pass {
        void run() throws IOException;
    }

    @BeforeEach
    void open() {
        x.asFloatBuffer().put(Values.normal(7, BYTES / Float.BYTES, 1, 2));
        DeviceInfo device = TestDevices.first().device();
        for (int i = 0; i < 2; i++) {
            ports[i] = new FaultyOpenCl(DevicePort.open(device, false));
            backends[i] = new Backend(new Session(ports[i].port(), device));
        }
        fleet = Fleet.of(List.of(backends), Fleet.SameDevice.ALLOWED, ShareStore.at(folder.resolve("fleet.json")))
                .leastPiece(800)
                .weights(0.5, 0.5);
    }

    @AfterEach
    void close() {
        fleet.close();
        for (Backend backend : backends) {
            backend.trim();
            assertEquals(0, backend.session().openBuffers(), "leaked");
            backend.close();
        }
    }

    private static ByteBuffer memory() {
        return ByteBuffer.allocateDirect(BYTES).order(ByteOrder.nativeOrder());
    }

    /** Runs a pass on a thread that is interrupted, and checks that it ends, with the flag, and that the fleet works on. */
    private void assertEnds(Pass pass, Interrupter interrupter) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                pass.run();
            } catch (Throwable e) {
                thrown.set(e);
            }
            flag.set(Thread.currentThread().isInterrupted());
        });
        interrupter.interrupt(caller);
        caller.join();
        assertInstanceOf(CancellationException.class, thrown.get(), () -> String.valueOf(thrown.get()));
        assertTrue(flag.get());
        for (FaultyOpenCl port : ports) {
            port.heal();
        }
        for (NormSpec spec : List.of(IN_PIECES, IN_SECTIONS)) {
            assertEquals(expected(spec), result(spec), spec.toString());
        }
    }

    /** Starts a thread, and interrupts it. */
    private interface Interrupter {
        void interrupt(Thread caller) throws InterruptedException;
    }

    private ByteBuffer result(NormSpec spec) {
        ByteBuffer y = memory();
        FleetReport report = fleet.normalize(spec, ElementType.FLOAT32, x, y, SHAPE);
        assertTrue(report.devices().stream().allMatch(device -> device.failure().isEmpty() && device.elements() > 0));
        return y;
    }

    private ByteBuffer expected(NormSpec spec) {
        ByteBuffer y = memory();
        Backend one = TestDevices.first();
        try (Layer layer = spec.on(one);
                Tensor input = one.tensor(ElementType.FLOAT32, x, SHAPE);
                Tensor output = layer.infer(input)) {
            output.get(y);
        }
        return y;
    }

    /** Interrupts the caller while a device is in its n-th call, which returns when it is interrupted itself. */
    private Interrupter during(int device, String call, int n) {
        return caller -> {
            ports[device].before(call, n, () -> {
                caller.interrupt();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            caller.start();
        };
    }

    @Test
    void piecesAndSectionsEndWithinACallOfADevice() throws InterruptedException {
        for (NormSpec spec : List.of(IN_PIECES, IN_SECTIONS)) {
            for (int device = 0; device < 2; device++) {
                for (int n = 1; n < 3; n++) {
                    assertEnds(
                            () -> fleet.normalize(spec, ElementType.FLOAT32, x, memory(), SHAPE),
                            during(device, "enqueue", n));
                }
            }
        }
        assertEnds(
                () -> fleet.gradients(IN_SECTIONS, ElementType.FLOAT32, x, x, memory(), SHAPE),
                during(1, "enqueue", 2));
    }

    @Test
    void aThreadThatIsInterruptedAlreadyStartsNothing() throws InterruptedException, IOException {
        Path output = Files.writeString(folder.resolve("y"), "old");
        try (FileChannel target = FileChannel.open(output, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (NormSpec spec : List.of(IN_PIECES, IN_SECTIONS)) {
                assertEnds(
                        () -> {
                            Thread.currentThread().interrupt();
                            fleet.normalize(spec, ElementType.FLOAT32, x, target, SHAPE);
                        },
                        Thread::start);
                assertTrue(target.isOpen());
                assertEquals("old", Files.readString(output));
            }
        }
        assertEnds(
                () -> {
                    Thread.currentThread().interrupt();
                    fleet.calibrate(IN_PIECES, ElementType.FLOAT32, SHAPE);
                },
                Thread::start);
    }

    /** A source that has less than the tensor, and then blocks. */
    private static final class Stuck implements ReadableByteChannel {
        private final Pipe.SourceChannel pipe;
        private final CountDownLatch blocks;
        private int left = BYTES / 3;

        Stuck(Pipe pipe, CountDownLatch blocks) {
            this.pipe = pipe.source();
            this.blocks = blocks;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            if (left == 0) {
                blocks.countDown();
                return pipe.read(target);
            }
            int count = Math.min(left, target.remaining());
            target.put(new byte[count]);
            left -= count;
            return count;
        }

        @Override
        public boolean isOpen() {
            return pipe.isOpen();
        }

        @Override
        public void close() throws IOException {
            pipe.close();
        }
    }

    @Test
    void aSourceThatBlocksIsInterrupted() throws InterruptedException, IOException {
        for (NormSpec spec : List.of(IN_PIECES, IN_SECTIONS)) {
            Pipe pipe = Pipe.open();
            CountDownLatch blocks = new CountDownLatch(1);
            try (Stuck source = new Stuck(pipe, blocks);
                    Pipe.SinkChannel sink = pipe.sink()) {
                assertEnds(() -> fleet.normalize(spec, ElementType.FLOAT32, source, memory(), SHAPE), caller -> {
                    caller.start();
                    blocks.await();
                    caller.interrupt();
                });
                assertFalse(source.isOpen(), "as the documentation says of interruptible channels");
            }
        }
    }

    @Test
    void aTargetThatBlocksIsInterrupted() throws InterruptedException, IOException {
        for (NormSpec spec : List.of(IN_PIECES, IN_SECTIONS)) {
            for (double share : new double[] {0.5, 1}) {
                Pipe pipe = Pipe.open();
                CountDownLatch blocks = new CountDownLatch(1);
                try (Fleet one = Fleet.of(backends[0]).leastPiece(800);
                        Pipe.SourceChannel unread = pipe.source();
                        FullSink sink = new FullSink(pipe, blocks)) {
                    Fleet used = share == 1 ? one : fleet;
                    assertEnds(() -> used.normalize(spec, ElementType.FLOAT32, x, sink, SHAPE), caller -> {
                        caller.start();
                        blocks.await();
                        caller.interrupt();
                    });
                    assertTrue(unread.isOpen());
                }
            }
        }
    }

    /** A pipe that is full from the first write on. */
    private static final class FullSink implements WritableByteChannel {
        private final Pipe.SinkChannel pipe;
        private final CountDownLatch blocks;

        FullSink(Pipe pipe, CountDownLatch blocks) throws IOException {
            this.pipe = pipe.sink();
            this.blocks = blocks;
            this.pipe.configureBlocking(false);
            ByteBuffer some = ByteBuffer.allocate(1 << 12);
            while (this.pipe.write(some.clear()) > 0) {
                some.clear();
            }
            this.pipe.configureBlocking(true);
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            blocks.countDown();
            return pipe.write(source);
        }

        @Override
        public boolean isOpen() {
            return pipe.isOpen();
        }

        @Override
        public void close() throws IOException {
            pipe.close();
        }
    }

    @Test
    void waitingForThePassOfAnotherThreadEnds() throws InterruptedException, IOException {
        Pipe pipe = Pipe.open();
        CountDownLatch blocks = new CountDownLatch(1);
        try (Stuck source = new Stuck(pipe, blocks);
                Pipe.SinkChannel sink = pipe.sink()) {
            assertEnds(() -> fleet.normalize(IN_PIECES, ElementType.FLOAT32, source, memory(), SHAPE), first -> {
                first.start();
                blocks.await();
                AtomicReference<Throwable> thrown = new AtomicReference<>();
                Thread second = new Thread(() -> thrown.set(assertThrows(
                        CancellationException.class,
                        () -> fleet.normalize(IN_PIECES, ElementType.FLOAT32, x, memory(), SHAPE))));
                second.start();
                second.interrupt();
                second.join();
                assertInstanceOf(CancellationException.class, thrown.get());
                first.interrupt();
            });
        }
    }
}
