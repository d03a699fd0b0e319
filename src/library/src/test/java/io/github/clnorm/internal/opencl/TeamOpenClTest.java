package io.github.clnorm.internal.opencl;

import static org.jocl.CL.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of {@link OpenCl} while commands wait for an event, and whole launches of all sizes. On PoCL. */
@Tag("device")
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TeamOpenClTest {

    private static final int COUNT = 1 << 12;
    private static final int BYTES = COUNT * Float.BYTES;

    private final OpenCl port = TeamPorts.open();
    private final OpenCl.Program program = port.build(TeamPorts.ADD, "");
    private final OpenCl.Kernel add = port.createKernel(program, "add");
    private final ByteBuffer host = zeros();
    private final OpenCl.Memory memory = port.createBufferOn(host);

    TeamOpenClTest() {
        port.setFirstGroupArgument(add, 1);
        port.setArgument(add, 0, memory);
        port.setArgument(add, 1, 0L);
    }

    @AfterEach
    void close() {
        port.release(add);
        port.release(program);
        port.release(memory);
        port.close();
    }

    private static ByteBuffer zeros() {
        return ByteBuffer.allocateDirect(BYTES).order(ByteOrder.nativeOrder());
    }

    private void add() {
        port.enqueue(add, COUNT, 1, false);
    }

    private static void assertAll(float expected, ByteBuffer values) {
        for (int i = 0; i < COUNT; i++) {
            assertEquals(expected, values.getFloat(i * Float.BYTES), "element " + i);
        }
    }

    private ByteBuffer read(OpenCl.Memory from) {
        ByteBuffer values = zeros();
        port.read(from, 0, values);
        return values;
    }

    private boolean isDone(OpenCl.Event event) {
        return port.describe(event).status() == CL_COMPLETE;
    }

    @Test
    void waitingForAnEventDoesNotBlockAndOrdersAllKindsOfCommands() {
        OpenCl.Memory other = port.createBuffer(BYTES);
        TeamPorts.Gate gate = new TeamPorts.Gate(port);
        for (int i = 0; i < 100; i++) {
            add();
        }
        port.copy(memory, other, BYTES);
        port.fill(memory, new byte[] {0, 0, 0, 0}, BYTES);
        add();
        port.flush();
        assertAll(0, host);
        gate.open();
        assertAll(100, read(other));
        assertAll(1, read(memory));
        port.release(other);
    }

    /** The driver gives a new sub-buffer the address of a released one. */
    @Test
    void aSubBufferAtTheAddressOfAReleasedOneIsAnotherArgument() {
        int bytes = (int) port.subBufferAlignment();
        int count = bytes / Float.BYTES;
        int parts = BYTES / bytes;
        for (int i = 0; i < parts; i++) {
            OpenCl.Memory part = port.createSubBuffer(memory, (long) i * bytes, bytes);
            port.setArgument(add, 0, part);
            port.enqueue(add, count, 1, false);
            port.finish();
            port.release(part);
        }
        port.setArgument(add, 0, memory);
        assertAll(1, host);
    }

    @Test
    void aMarkOfABusyPortCompletesWithItsCommands() {
        TeamPorts.Gate gate = new TeamPorts.Gate(port);
        add();
        OpenCl.Event mark = port.mark();
        assertTrue(!isDone(mark));
        assertEquals(port.context(), port.describe(mark).context());
        gate.open();
        port.await(mark);
        assertTrue(isDone(mark));
        assertAll(1, host);
        port.release(mark);
    }

    @Test
    void aMarkOfAnIdlePortIsComplete() {
        add();
        port.finish();
        OpenCl.Event mark = port.mark();
        port.await(mark);
        assertTrue(isDone(mark));
        port.release(mark);
    }

    @Test
    void aPortWaitsForItsOwnMark() {
        TeamPorts.Gate gate = new TeamPorts.Gate(port);
        add();
        OpenCl.Event mark = port.mark();
        port.waitFor(mark);
        port.release(mark);
        add();
        gate.open();
        port.finish();
        assertAll(2, host);
    }

    @Test
    void mappingABusyPortsMemoryTellsWhenItCanBeRead() {
        OpenCl.Memory other = port.createBuffer(BYTES);
        TeamPorts.Gate gate = new TeamPorts.Gate(port);
        add();
        port.copy(memory, other, BYTES);
        OpenCl.Mapped mapped = port.enqueueMap(other, 0, BYTES, OpenCl.Access.READ);
        // Later commands are not waited for.
        TeamPorts.Gate later = new TeamPorts.Gate(port);
        add();
        assertTrue(!isDone(mapped.ready()));
        assertEquals(port.context(), port.describe(mapped.ready()).context());
        gate.open();
        port.await(mapped.ready());
        assertTrue(isDone(mapped.ready()));
        assertAll(1, mapped.bytes());
        later.open();
        port.unmap(other, mapped.bytes());
        port.release(mapped.ready());
        port.release(other);
        port.finish();
        assertAll(2, host);
    }

    @Test
    void mappingAnIdlePortsMemory() {
        add();
        port.finish();
        OpenCl.Mapped mapped = port.enqueueMap(memory, 0, BYTES, OpenCl.Access.READ_AND_WRITE);
        port.await(mapped.ready());
        assertAll(1, mapped.bytes());
        port.unmap(memory, mapped.bytes());
        port.release(mapped.ready());
    }

    @Test
    void whatQueuedLaunchesUseMayBeReleased() {
        OpenCl.Memory from = port.createBuffer(BYTES);
        port.write(from, 0, zeros());
        OpenCl.Program own = port.build(TeamPorts.ADD, "-DOWN");
        OpenCl.Kernel kernel = port.createKernel(own, "add");
        port.setFirstGroupArgument(kernel, 1);
        port.setArgument(kernel, 0, from);
        port.setArgument(kernel, 1, 0L);
        TeamPorts.Gate gate = new TeamPorts.Gate(port);
        port.enqueue(kernel, COUNT, 1, false);
        port.copy(from, memory, BYTES);
        port.release(kernel);
        port.release(own);
        port.release(from);
        assertEquals(BYTES, port.describe(from).bytes(), "it lives while commands are queued");
        gate.open();
        port.finish();
        assertAll(1, host);
    }

    @Test
    void aFailureOfAQueuedLaunchIsThrownOnceByTheNextWait() {
        OpenCl.Kernel broken = port.createKernel(program, "add_undivided");
        // The kernel takes no local memory.
        port.setLocalArgument(broken, 0, 64);
        TeamPorts.Gate gate = new TeamPorts.Gate(port);
        port.enqueue(broken, COUNT, 1, false);
        add();
        gate.open();
        assertThrows(ClException.class, port::finish);
        port.finish();
        assertAll(1, host);
        // The same without a queue: thrown at once.
        port.release(broken);
    }

    @Test
    void aFailureIsThrownThoughNothingIsLeftToWaitFor() {
        TeamPorts.Gate gate = new TeamPorts.Gate(port);
        OpenCl.Event mark = port.mark();
        gate.fail();
        port.await(mark);
        port.release(mark);
        assertThrows(ClException.class, () -> read(memory));
        add();
        assertAll(1, read(memory));
    }

    @Test
    void aKernelWithoutAFirstGroupRunsWhole() {
        OpenCl.Kernel undivided = port.createKernel(program, "add_undivided");
        port.setArgument(undivided, 0, memory);
        for (int i = 0; i < 10; i++) {
            port.enqueue(undivided, COUNT, 1, false);
            port.enqueue(undivided, COUNT / 2, 1, false);
        }
        port.finish();
        assertEquals(20, host.getFloat(0));
        assertEquals(10, host.getFloat(BYTES - Float.BYTES));
        port.release(undivided);
    }

    /** Beyond 65534 work-items PoCL compiles other code. */
    @Test
    void launchesOfAllSizesRunEachWorkGroupOnce() {
        long[] sizes = {1, 3, 65_533, 65_534, 65_535, 65_536, 200_000, 7, 700_000, 131_070};
        int most = 700_000;
        OpenCl.Memory large = port.createBuffer((long) most * Float.BYTES);
        ByteBuffer values = ByteBuffer.allocateDirect(most * Float.BYTES).order(ByteOrder.nativeOrder());
        port.write(large, 0, values);
        port.setArgument(add, 0, large);
        float[] expected = new float[most];
        for (int round = 0; round < 3; round++) {
            for (long size : sizes) {
                port.enqueue(add, size, 1, false);
                for (int i = 0; i < size; i++) {
                    expected[i]++;
                }
            }
        }
        // A launch that begins further on.
        port.setArgument(add, 1, 5L);
        port.enqueue(add, 100_000, 1, false);
        for (int i = 5; i < 100_005; i++) {
            expected[i]++;
        }
        port.read(large, 0, values);
        for (int i = 0; i < most; i++) {
            assertEquals(expected[i], values.getFloat(i * Float.BYTES), "element " + i);
        }
        port.setArgument(add, 0, memory);
        port.setArgument(add, 1, 0L);
        port.release(large);
    }

    @Test
    void argumentsOfQueuedLaunchesDoNotChange() {
        OpenCl.Memory other = port.createBuffer(BYTES);
        port.write(other, 0, zeros());
        TeamPorts.Gate gate = new TeamPorts.Gate(port);
        for (int i = 0; i < 6; i++) {
            port.setArgument(add, 0, i % 3 == 0 ? memory : other);
            add();
        }
        gate.open();
        assertAll(2, read(memory));
        assertAll(4, read(other));
        port.setArgument(add, 0, memory);
        port.release(other);
    }

    @Test
    void aTimedLaunchHasATime() {
        OpenCl.Event event = port.enqueue(add, COUNT, 1, true);
        port.finish();
        assertTrue(port.nanoseconds(event) > 0);
        port.release(event);
    }

    /** Each thread reads what it wrote: a queue of PoCL's does not wait for a command that another thread runs. */
    @Test
    void eightThreadsTransferWhileLaunchesRun() throws InterruptedException {
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            float value = i + 1;
            OpenCl.Memory own = port.createBuffer(BYTES);
            threads.add(new Thread(() -> {
                try {
                    ByteBuffer written = zeros();
                    for (int k = 0; k < COUNT; k++) {
                        written.putFloat(k * Float.BYTES, value);
                    }
                    for (int round = 0; round < 300; round++) {
                        port.write(own, 0, zeros());
                        port.write(own, 0, written);
                        assertAll(value, read(own));
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
            }));
        }
        threads.forEach(Thread::start);
        int launches = 0;
        while (threads.stream().anyMatch(Thread::isAlive)) {
            add();
            launches++;
            Thread.yield();
        }
        port.finish();
        assertEquals(List.of(), failures);
        assertAll(launches, host);
    }

    /** One thread overwrites a buffer again and again while another reads it: no read sees two states. */
    @ParameterizedTest
    @ValueSource(ints = {64 << 10, 1 << 20})
    void aReadSeesNoCommandThatIsEnqueuedDuringIt(int bytes) throws InterruptedException {
        try (OpenCl port = TeamPorts.open()) {
            OpenCl.Memory memory = port.createBuffer(bytes);
            port.fill(memory, new byte[] {0}, bytes);
            AtomicBoolean done = new AtomicBoolean();
            Thread writer = new Thread(() -> {
                for (byte value = 1; !done.get(); value++) {
                    port.fill(memory, new byte[] {value}, bytes);
                    port.finish();
                }
            });
            writer.start();
            try {
                byte[] content = new byte[bytes];
                ByteBuffer target = ByteBuffer.allocateDirect(bytes);
                for (int read = 0; read < 300; read++) {
                    port.read(memory, 0, target);
                    target.get(0, content);
                    for (byte each : content) {
                        assertEquals(content[0], each, "read " + read);
                    }
                }
            } finally {
                done.set(true);
                writer.join();
                port.release(memory);
            }
        }
    }
}
