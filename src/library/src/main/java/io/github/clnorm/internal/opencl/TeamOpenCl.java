package io.github.clnorm.internal.opencl;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static io.github.clnorm.internal.driver.JoclCalls.created;
import static org.jocl.CL.*;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.CpuBinding;
import io.github.clnorm.internal.driver.FirstLoad;
import io.github.clnorm.internal.team.Job;
import io.github.clnorm.internal.team.Team;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jocl.cl_device_id;
import org.jocl.cl_event;

/**
 * A CPU through a driver that runs each command on the thread that enqueues it. A {@link Team} of threads keeps the order of
 * commands and shares the work-groups of each launch, so that work begins at once and a thread that waits works. Commands
 * that the host waits for run on its thread, after the team's.
 *
 * <p>Thread-safety: see {@link OpenCl}.
 */
public final class TeamOpenCl implements OpenCl {

    // A launch on so little memory takes less time than handing it to another thread.
    private static final long SMALL_BYTES = 256 << 10;
    // A share on less memory takes about as long as the launch of its own that it needs.
    private static final long LEAST_SHARE_BYTES = 512 << 10;

    // Kernels without a fixed grid run one at a time in the process: see fixed_grid.cl.
    private static final Object UNDIVIDED = new Object();
    // Between two looks at a command that another thread runs.
    private static final long LOOK_NANOSECONDS = 50_000;

    private final JoclOpenCl plain;
    private final JoclCheck check;
    private final Team team;
    private final Seat[] seats;
    // Of the calls that are made one at a time: the seat after those of the team.
    private final Seat ofCalls;
    // Held while memory is mapped: that queue has one thread at a time.
    private final Object mapping = new Object();

    /** The end of all jobs up to a ticket, as an event. */
    private record Ticket(long ticket) {}

    /** The time of a launch, from the first work-group to the last. */
    private static final class Timed {
        private volatile long start;
        private volatile long end;

        synchronized void started(long now) {
            start = start == 0 ? now : start;
        }

        synchronized void ended(long now) {
            end = Math.max(end, now);
        }
    }

    private TeamOpenCl(JoclOpenCl plain, DeviceInfo info, cl_device_id runner) {
        this.plain = plain;
        this.check = new JoclCheck(info.description());
        int helpers = Math.max(1, info.computeUnits() - 1);
        this.team = new Team("clnorm-cpu", helpers, CpuBinding.of(helpers));
        this.seats = new Seat[team.seats()];
        for (int i = 0; i < seats.length; i++) {
            seats[i] = plain.seat(i, check, runner);
        }
        this.ofCalls = plain.seat(seats.length, check, runner);
    }

    /**
     * Opens a device with a context of its own.
     *
     * @param info the device
     * @param runner a device of the same platform that runs each command on the thread that enqueues it
     * @return the port
     * @throws ClException when the device cannot be opened
     */
    public static TeamOpenCl open(DeviceInfo info, cl_device_id runner) {
        return FirstLoad.opening(info, () -> opened(JoclOpenCl.openedWith(info, runner), info, runner));
    }

    private static TeamOpenCl opened(JoclOpenCl plain, DeviceInfo info, cl_device_id runner) {
        try {
            return new TeamOpenCl(plain, info, runner);
        } catch (ClException e) {
            // Releases the context with the queues that were created.
            plain.close();
            throw e;
        }
    }

    /** Runs a command on some memory after all before: now, if they are done and it takes little time. */
    private void inOrder(long bytes, IntConsumer command) {
        Job job = Job.of(command);
        if (bytes > SMALL_BYTES || !team.runNow(job)) {
            team.add(job);
        }
    }

    /** Blocks until all commands are done, and throws what one of them has thrown. */
    private void finishTeam() {
        team.await(team.last());
    }

    @Override
    public Object context() {
        return plain.context();
    }

    @Override
    public Memory createBuffer(long bytes) {
        return allocated(() -> plain.createBuffer(bytes));
    }

    @Override
    public Memory createPinnedBuffer(long bytes) {
        return allocated(() -> plain.createPinnedBuffer(bytes));
    }

    private Memory allocated(Supplier<Memory> call) {
        try {
            return call.get();
        } catch (ClException e) {
            if (!e.isOutOfMemory() || team.isIdle()) {
                throw e;
            }
            // Buffers are released when the commands before are done.
            finishTeam();
            return call.get();
        }
    }

    @Override
    public Memory createBufferOn(ByteBuffer host) {
        return plain.createBufferOn(host);
    }

    @Override
    public Memory createSubBuffer(Memory parent, long offset, long bytes) {
        return plain.createSubBuffer(parent, offset, bytes);
    }

    @Override
    public long subBufferAlignment() {
        return plain.subBufferAlignment();
    }

    @Override
    public MemoryInfo describe(Memory memory) {
        return plain.describe(memory);
    }

    @Override
    public void retain(Memory memory) {
        plain.retain(memory);
    }

    @Override
    public void release(Memory memory) {
        inOrder(0, seat -> plain.release(memory));
    }

    @Override
    public boolean sharesHostMemory() {
        return plain.sharesHostMemory();
    }

    @Override
    public ByteBuffer map(Memory memory, long offset, long bytes, Access access) {
        finishTeam();
        synchronized (mapping) {
            return plain.map(memory, offset, bytes, access);
        }
    }

    @Override
    public Mapped enqueueMap(Memory memory, long offset, long bytes, Access access) {
        // The device works in the host's memory: only the content has to be waited for.
        Mapped mapped = ofCalls.queue.enqueueMap(memory, offset, bytes, access);
        if (team.isIdle()) {
            return mapped;
        }
        plain.release(mapped.ready());
        return new Mapped(mapped.bytes(), new Event(new Ticket(team.last())));
    }

    @Override
    public void unmap(Memory memory, ByteBuffer mapped) {
        ofCalls.queue.unmap(memory, mapped);
    }

    @Override
    public void write(Memory memory, long offset, Buffer source) {
        transfer(source, seat -> seats[seat].queue.write(memory, offset, source));
    }

    @Override
    public void read(Memory memory, long offset, Buffer target) {
        transfer(target, seat -> seats[seat].queue.read(memory, offset, target));
    }

    /**
     * Does a transfer after all commands before it and before all after it, and waits for it. Its failure is thrown here, and
     * not by another thread that waits.
     */
    private void transfer(Buffer host, IntConsumer command) {
        RuntimeException[] failure = new RuntimeException[1];
        Job job = Job.of(seat -> {
            try {
                command.accept(seat);
            } catch (RuntimeException e) {
                failure[0] = e;
            }
        });
        boolean isSmall = (long) host.remaining() * Double.BYTES <= SMALL_BYTES;
        team.await(isSmall && team.runNow(job) ? team.last() : team.add(job));
        if (failure[0] != null) {
            throw failure[0];
        }
    }

    @Override
    public void copy(Memory from, Memory to, long bytes) {
        inOrder(bytes, seat -> seats[seat].queue.copy(from, to, bytes));
    }

    @Override
    public void fill(Memory memory, byte[] pattern, long bytes) {
        byte[] own = pattern.clone();
        inOrder(bytes, seat -> seats[seat].queue.fill(memory, own, bytes));
    }

    @Override
    public Program build(String source, String options) {
        return plain.build(source, options + " -DFIXED_GRID=1");
    }

    @Override
    public byte[] binary(Program program) {
        return plain.binary(program);
    }

    @Override
    public Program load(byte[] binary, String options) {
        throw new UnsupportedOperationException("the driver keeps programs itself");
    }

    @Override
    public void release(Program program) {
        plain.release(program);
    }

    @Override
    public Kernel createKernel(Program program, String name) {
        TeamKernel kernel = new TeamKernel(program, name, seats.length + 1);
        // Fails now if there is no such kernel.
        kernel.ofSeats[0] = new SeatKernel(plain.createKernel(program, name));
        return new Kernel(kernel, name);
    }

    private static TeamKernel of(Kernel kernel) {
        return (TeamKernel) kernel.handle();
    }

    @Override
    public void release(Kernel kernel) {
        inOrder(0, seat -> {
            for (SeatKernel each : of(kernel).ofSeats) {
                if (each != null) {
                    plain.release(each.kernel);
                }
            }
        });
    }

    @Override
    public long workGroupLimit(Kernel kernel) {
        return plain.workGroupLimit(of(kernel).ofSeats[0].kernel);
    }

    @Override
    public void setArgument(Kernel kernel, int index, Memory memory) {
        of(kernel).set(index, new BufferValue(memory));
    }

    private record BufferValue(Memory memory) implements TeamKernel.Value {
        /** Another sub-buffer may be at the address of a released one, and begin elsewhere. */
        @Override
        public boolean equals(Object other) {
            return other instanceof BufferValue value && memory == value.memory;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(memory);
        }

        @Override
        public void set(JoclArguments setter, Kernel kernel, int index) {
            setter.set(kernel, index, memory);
        }

        @Override
        public long bytes() {
            return memory == null ? 0 : JoclMemory.bytes(memory);
        }
    }

    @Override
    public void setArgument(Kernel kernel, int index, int value) {
        of(kernel).set(index, new UintValue(value));
    }

    private record UintValue(int value) implements TeamKernel.Value {
        @Override
        public void set(JoclArguments setter, Kernel kernel, int index) {
            setter.set(kernel, index, value);
        }
    }

    @Override
    public void setArgument(Kernel kernel, int index, long value) {
        of(kernel).set(index, new TeamKernel.Number(value));
    }

    @Override
    public void setArgument(Kernel kernel, int index, float value) {
        of(kernel).set(index, new FloatValue(value));
    }

    private record FloatValue(float value) implements TeamKernel.Value {
        @Override
        public void set(JoclArguments setter, Kernel kernel, int index) {
            setter.set(kernel, index, value);
        }
    }

    @Override
    public void setArgument(Kernel kernel, int index, double value) {
        of(kernel).set(index, new DoubleValue(value));
    }

    private record DoubleValue(double value) implements TeamKernel.Value {
        @Override
        public void set(JoclArguments setter, Kernel kernel, int index) {
            setter.set(kernel, index, value);
        }
    }

    @Override
    public void setLocalArgument(Kernel kernel, int index, long bytes) {
        of(kernel).set(index, new LocalValue(bytes));
    }

    private record LocalValue(long size) implements TeamKernel.Value {
        @Override
        public void set(JoclArguments setter, Kernel kernel, int index) {
            setter.setLocal(kernel, index, size);
        }
    }

    @Override
    public void setFirstGroupArgument(Kernel kernel, int index) {
        of(kernel).setFirstGroupArgument(index);
    }

    @Override
    public Event enqueue(Kernel kernel, long workGroups, int workGroupSize, boolean timed) {
        TeamKernel launched = of(kernel);
        TeamKernel.Arguments arguments = launched.take();
        Launch launch = new Launch(launched, arguments, workGroups, workGroupSize, timed ? new Timed() : null);
        if (launch.isDivided) {
            // Compiles here, and not on a helper.
            launched.compile(ofCalls);
        }
        if (launch.bytes > SMALL_BYTES || !team.runNow(launch)) {
            team.add(launch);
        }
        return timed ? new Event(launch.time) : null;
    }

    /** A launch as a job: its parts are its work-groups. */
    private final class Launch implements Job {
        private final TeamKernel kernel;
        private final TeamKernel.Arguments arguments;
        private final long groups;
        private final int workGroupSize;
        private final long first;
        final boolean isDivided;
        final long bytes;
        final Timed time;

        Launch(TeamKernel kernel, TeamKernel.Arguments arguments, long groups, int workGroupSize, Timed time) {
            this.kernel = kernel;
            this.arguments = arguments;
            this.groups = groups;
            this.workGroupSize = workGroupSize;
            this.time = time;
            // See fixed_grid.cl.
            this.isDivided = arguments.canBeDivided() && workGroupSize == 1;
            this.first = arguments.canBeDivided() ? arguments.firstGroupValue() : 0;
            this.bytes = arguments.bytes();
        }

        @Override
        public long parts() {
            return groups;
        }

        /** PoCL keeps the variables of all work-items on the stack, and Java's threads have 1 MB. */
        @Override
        public boolean needsHelpers() {
            return workGroupSize > 1;
        }

        @Override
        public long fewest() {
            return isDivided ? 1 + (groups - 1) / Math.max(1, bytes / LEAST_SHARE_BYTES) : groups;
        }

        @Override
        public void run(int seat, long from, long end) {
            if (time != null) {
                time.started(System.nanoTime());
            }
            if (isDivided) {
                runDivided(seats[seat], first + from, first + end);
            } else {
                synchronized (UNDIVIDED) {
                    seats[seat].run(kernel, arguments, first, groups, workGroupSize);
                }
            }
            if (time != null) {
                time.ended(System.nanoTime());
            }
        }

        private void runDivided(Seat seat, long from, long end) {
            for (long at = from; at < end; at += Seat.GRID) {
                seat.runShare(kernel, arguments, at, Math.min(Seat.GRID, end - at));
            }
        }
    }

    @Override
    public long nanoseconds(Event event) {
        Timed time = (Timed) event.handle();
        return time.end - time.start;
    }

    @Override
    public Event mark() {
        if (team.isIdle()) {
            return ofCalls.queue.mark();
        }
        int[] code = new int[1];
        cl_event done = created(code, () -> clCreateUserEvent(plain.clContext(), code));
        check.of(code[0], "clCreateUserEvent");
        check.run(() -> clRetainEvent(done), "clRetainEvent");
        team.add(Job.of(seat -> {
            check.run(() -> clSetUserEventStatus(done, CL_COMPLETE), "clSetUserEventStatus");
            check.run(() -> clReleaseEvent(done), "clReleaseEvent");
        }));
        return new Event(done);
    }

    @Override
    public void waitFor(Event... events) {
        for (Event event : events) {
            plain.flushQueueOf(event);
        }
        for (Event event : events) {
            check.run(() -> clRetainEvent(JoclOpenCl.object(event)), "clRetainEvent");
        }
        team.add(Job.of(seat -> awaitAll(events)));
    }

    /** Waits for all events and releases them, even after a failure; throws the first failure at the end. */
    private void awaitAll(Event... events) {
        RuntimeException first = null;
        for (Event event : events) {
            try {
                awaitObject(event);
            } catch (RuntimeException e) {
                first = first == null ? e : first;
            } finally {
                plain.release(event);
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private void awaitObject(Event event) {
        plain.await(event);
        // The driver does not wait for a command that another thread runs.
        while (plain.describe(event).status() > CL_COMPLETE) {
            LockSupport.parkNanos(LOOK_NANOSECONDS);
            plain.await(event);
        }
    }

    @Override
    public EventInfo describe(Event event) {
        if (event.handle() instanceof Ticket ticket) {
            return new EventInfo(plain.context(), team.isDone(ticket.ticket) ? CL_COMPLETE : CL_RUNNING);
        }
        return plain.describe(event);
    }

    @Override
    public void await(Event event) {
        if (event.handle() instanceof Ticket ticket) {
            team.await(ticket.ticket);
        } else {
            awaitObject(event);
        }
    }

    @Override
    public void release(Event event) {
        if (event.handle() instanceof cl_event) {
            plain.release(event);
        }
    }

    @Override
    public void flush() {
        // Work begins when it is enqueued.
    }

    @Override
    public void finish() {
        finishTeam();
        plain.finish();
    }

    @Override
    public void close() {
        try {
            finishTeam();
        } catch (RuntimeException e) {
            // Reported by the finish before; closing does not throw.
        } finally {
            team.close();
            for (Seat seat : seats) {
                seat.close();
            }
            ofCalls.close();
            plain.close();
        }
    }
}
