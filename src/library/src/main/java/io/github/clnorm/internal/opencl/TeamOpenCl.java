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
import java.util.IdentityHashMap;
import java.util.Map;
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

    // Of idle.cl: a launch whose first work-group this is returns at once.
    private static final long IDLE_LAUNCH = -1L;
    // Kernels without a widest launch run one at a time in the process: see WidestGrids.
    private static final Object UNDIVIDED = new Object();

    private final JoclOpenCl plain;
    private final JoclCheck check;
    private final Team team;
    private final Seat[] seats;
    // For the widest launch of a kernel: the seat after those of the team.
    private final Seat widest;
    // Source and options of each program, which tell it from others.
    private final Map<Program, String> texts = new IdentityHashMap<>();

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
        this.widest = plain.seat(seats.length, check, runner);
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
        return FirstLoad.opening(
                info,
                () -> new TeamOpenCl(
                        JoclOpenCl.opened(info, runner, false, info.handle().device(), runner), info, runner));
    }

    /** Runs a command after all before: now, if they are done. */
    private void inOrder(Runnable command) {
        if (team.isIdle()) {
            command.run();
        } else {
            team.add(Job.of(command));
        }
    }

    private void finishTeam() {
        if (!team.isIdle()) {
            team.await(team.last());
        }
    }

    @Override
    public Object context() {
        return plain.context();
    }

    @Override
    public Memory createBuffer(long bytes) {
        try {
            return plain.createBuffer(bytes);
        } catch (ClException e) {
            if (!e.isOutOfMemory() || team.isIdle()) {
                throw e;
            }
            // Buffers are released when the commands before are done.
            finishTeam();
            return plain.createBuffer(bytes);
        }
    }

    @Override
    public Memory createPinnedBuffer(long bytes) {
        return plain.createPinnedBuffer(bytes);
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
        inOrder(() -> plain.release(memory));
    }

    @Override
    public boolean sharesHostMemory() {
        return plain.sharesHostMemory();
    }

    @Override
    public ByteBuffer map(Memory memory, long offset, long bytes, Access access) {
        finishTeam();
        return plain.map(memory, offset, bytes, access);
    }

    @Override
    public Mapped enqueueMap(Memory memory, long offset, long bytes, Access access) {
        // The device works in the host's memory: only the content has to be waited for.
        Mapped mapped = plain.enqueueMap(memory, offset, bytes, access);
        if (team.isIdle()) {
            return mapped;
        }
        plain.release(mapped.ready());
        return new Mapped(mapped.bytes(), new Event(new Ticket(team.last())));
    }

    @Override
    public void unmap(Memory memory, ByteBuffer mapped) {
        plain.unmap(memory, mapped);
    }

    @Override
    public void write(Memory memory, long offset, Buffer source) {
        finishTeam();
        plain.write(memory, offset, source);
    }

    @Override
    public void read(Memory memory, long offset, Buffer target) {
        finishTeam();
        plain.read(memory, offset, target);
    }

    @Override
    public void copy(Memory from, Memory to, long bytes) {
        inOrder(() -> plain.copy(from, to, bytes));
    }

    @Override
    public void fill(Memory memory, byte[] pattern, long bytes) {
        byte[] own = pattern.clone();
        inOrder(() -> plain.fill(memory, own, bytes));
    }

    @Override
    public Program build(String source, String options) {
        // The widest launch of a kernel returns at once.
        String own = options + " -DIDLE_LAUNCHES=1";
        Program program = plain.build(source, own);
        texts.put(program, own + source);
        return program;
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
        texts.remove(program);
        plain.release(program);
    }

    @Override
    public Kernel createKernel(Program program, String name) {
        TeamKernel kernel = new TeamKernel(program, texts.get(program) + name, name, seats.length + 1);
        // Fails now if there is no such kernel.
        kernel.ofSeats[0] = new SeatKernel(plain.createKernel(program, name));
        return new Kernel(kernel, name);
    }

    private static TeamKernel of(Kernel kernel) {
        return (TeamKernel) kernel.handle();
    }

    @Override
    public void release(Kernel kernel) {
        finishTeam();
        for (SeatKernel each : of(kernel).ofSeats) {
            if (each != null) {
                plain.release(each.kernel);
            }
        }
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
        if (launched.take().canBeDivided()) {
            launchWidest(launched, workGroupSize);
        }
        Launch launch = new Launch(launched, launched.take(), workGroups, workGroupSize, timed ? new Timed() : null);
        if (launch.bytes > SMALL_BYTES || !team.runNow(launch)) {
            team.add(launch);
        }
        return timed ? new Event(launch.time) : null;
    }

    /** Makes the widest launch of a kernel, unless it was made. It takes a millisecond, without compiling. */
    private void launchWidest(TeamKernel kernel, int workGroupSize) {
        if (kernel.widestIn == WidestGrids.generation() && kernel.widestSize == workGroupSize) {
            return;
        }
        int generation = WidestGrids.add(workGroupSize + kernel.identity);
        widest.run(kernel, kernel.take(), IDLE_LAUNCH, WidestGrids.WIDEST / workGroupSize, workGroupSize);
        kernel.widestIn = generation;
        kernel.widestSize = workGroupSize;
    }

    /** A launch as a job: its parts are its work-groups. */
    private final class Launch implements Job {
        private final TeamKernel kernel;
        private final TeamKernel.Arguments arguments;
        private final long groups;
        private final int workGroupSize;
        private final long first;
        final long bytes;
        final Timed time;

        Launch(TeamKernel kernel, TeamKernel.Arguments arguments, long groups, int workGroupSize, Timed time) {
            this.kernel = kernel;
            this.arguments = arguments;
            this.groups = groups;
            this.workGroupSize = workGroupSize;
            this.time = time;
            this.first = arguments.canBeDivided() ? arguments.firstGroupValue() : 0;
            this.bytes = arguments.bytes();
        }

        @Override
        public long parts() {
            return groups;
        }

        @Override
        public long fewest() {
            return arguments.canBeDivided() ? 1 + (groups - 1) / Math.max(1, bytes / LEAST_SHARE_BYTES) : groups;
        }

        @Override
        public void run(int seat, long from, long end) {
            if (time != null) {
                time.started(System.nanoTime());
            }
            if (arguments.canBeDivided()) {
                seats[seat].run(kernel, arguments, first + from, end - from, workGroupSize);
            } else {
                synchronized (UNDIVIDED) {
                    seats[seat].run(kernel, arguments, first, groups, workGroupSize);
                }
            }
            if (time != null) {
                time.ended(System.nanoTime());
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
            return plain.mark();
        }
        int[] code = new int[1];
        cl_event done = created(code, () -> clCreateUserEvent(plain.clContext(), code));
        check.of(code[0], "clCreateUserEvent");
        check.run(() -> clRetainEvent(done), "clRetainEvent");
        team.add(Job.of(() -> {
            check.run(() -> clSetUserEventStatus(done, CL_COMPLETE), "clSetUserEventStatus");
            check.run(() -> clReleaseEvent(done), "clReleaseEvent");
        }));
        return new Event(done);
    }

    @Override
    public void waitFor(Event... events) {
        for (Event event : events) {
            plain.flushQueueOf(event);
            check.run(() -> clRetainEvent(JoclOpenCl.object(event)), "clRetainEvent");
        }
        team.add(Job.of(() -> {
            for (Event event : events) {
                try {
                    plain.await(event);
                } finally {
                    plain.release(event);
                }
            }
        }));
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
            plain.await(event);
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
            widest.close();
            plain.close();
        }
    }
}
