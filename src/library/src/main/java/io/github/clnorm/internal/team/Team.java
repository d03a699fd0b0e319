package io.github.clnorm.internal.team;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs jobs one after another, each shared by several threads: helpers, which are the team's own, and a thread that waits
 * for a job, which works instead of sleeping. A helper without work looks for it for a moment, and then sleeps. Waking a
 * thread takes as long as a small job, so a steady stream of jobs wakes none.
 *
 * <p>Each thread that works has a seat of its own: seat 0 is for one waiting thread, the others are for helpers.
 *
 * <p>Thread-safe.
 */
public final class Team implements AutoCloseable {

    // Helpers look for work for longer than a caller takes between two passes, and for less than a time slice of the
    // system.
    private static final long LOOKING_NANOSECONDS = 200_000;
    // A waiting thread without work looks for the end of a job for so long.
    private static final long WAITING_NANOSECONDS = 100_000;
    // Reading the clock takes as long as some looks.
    private static final int LOOKS = 64;
    private static final int OF_CALLER = 0;
    // Compilers of drivers run on these threads, and need more than Java's default.
    private static final long STACK_BYTES = 8 << 20;

    private final String name;
    private final int helpers;
    private final Placement placement;
    // With fewer processors than threads, a thread that looks would take one from a thread that works.
    private final boolean looks;
    private final Condition hasWork = () -> hasParts() || isClosed();
    // Held while a job is added, and while one runs at once: neither may happen during the other.
    private final ReentrantLock entry = new ReentrantLock();
    private final AtomicBoolean callersSeat = new AtomicBoolean();
    private final AtomicInteger waiting = new AtomicInteger();

    // Null without jobs. The lock guards changes.
    private volatile Queued head;
    private volatile long done;
    private volatile boolean closed;
    // Empty until the first job.
    private volatile List<Helper> started = List.of();
    // The lock guards the rest.
    private Queued tail;
    private long last;
    private int sleepers;
    private Throwable failure;

    /** A job in the queue. */
    private static final class Queued {
        final Job job;
        final long ticket;
        // The team's lock guards it.
        Queued next;
        private final AtomicLong taken = new AtomicLong();
        private final AtomicLong left;

        Queued(Job job, long ticket) {
            this.job = job;
            this.ticket = ticket;
            this.left = new AtomicLong(job.parts());
            if (left.get() <= 0) {
                throw new IllegalArgumentException("a job needs parts, and has " + left);
            }
        }

        boolean hasParts() {
            return taken.get() < job.parts();
        }

        /** The first of the parts that a thread takes, or -1. The shares get smaller, so that all threads end together. */
        long take(int threads, long[] count) {
            long parts = job.parts();
            long from = taken.get();
            while (from < parts) {
                count[0] = Math.min(parts - from, Math.max(job.fewest(), (parts - from) / (2L * threads)));
                long seen = taken.compareAndExchange(from, from + count[0]);
                if (seen == from) {
                    return from;
                }
                from = seen;
            }
            return -1;
        }
    }

    private final class Helper extends Thread {
        private final int seat;
        // Made once: nothing may fail between taking parts and doing them.
        private final long[] count = new long[1];
        private volatile boolean asleep;

        Helper(int seat) {
            super(null, null, name + "-" + seat, STACK_BYTES);
            this.seat = seat;
            setDaemon(true);
        }

        @Override
        public void run() {
            placement.helperStarted(seat - 1);
            while (!closed) {
                try {
                    if (!work(seat, count) && !(looks && look(LOOKING_NANOSECONDS, hasWork))) {
                        sleep();
                    }
                } catch (OutOfMemoryError e) {
                    // A helper that ended would leave jobs undone. The program may survive a shortage.
                    failed(e);
                }
            }
        }

        /** Sleeps until it is woken. It may be too late for the job; then it looks for the next one. */
        private void sleep() {
            asleep = true;
            if (!closed && !hasParts()) {
                LockSupport.park(Team.this);
            }
            asleep = false;
        }

        void wake() {
            if (asleep) {
                LockSupport.unpark(this);
            }
        }
    }

    /**
     * A team without jobs. Its helpers start with the first job.
     *
     * @param name of its threads
     * @param helpers how many threads it has, at least one
     * @param placement of these threads
     */
    public Team(String name, int helpers, Placement placement) {
        this.name = name;
        this.helpers = helpers;
        this.placement = placement;
        this.looks = Runtime.getRuntime().availableProcessors() > helpers;
    }

    /**
     * The number of seats.
     *
     * @return one more than there are helpers
     */
    public int seats() {
        return helpers + 1;
    }

    /**
     * Adds a job after all others.
     *
     * @param job what is done
     * @return its ticket, for {@link #await}; later jobs have larger ones
     */
    public long add(Job job) {
        placement.callerRuns();
        Queued queued;
        entry.lock();
        try {
            queued = added(job);
        } finally {
            entry.unlock();
        }
        wake(job);
        return queued.ticket;
    }

    private synchronized Queued added(Job job) {
        if (started.isEmpty() && !closed) {
            start();
        }
        Queued queued = new Queued(job, last + 1);
        last = queued.ticket;
        if (tail == null) {
            head = queued;
        } else {
            tail.next = queued;
        }
        tail = queued;
        return queued;
    }

    /** Starts the helpers, or as many as the system allows; throws if there is none. */
    private void start() {
        List<Helper> all = new ArrayList<>();
        try {
            for (int seat = 1; seat <= helpers; seat++) {
                Helper helper = new Helper(seat);
                helper.start();
                all.add(helper);
            }
        } catch (OutOfMemoryError e) {
            if (all.isEmpty()) {
                throw e;
            }
        }
        started = List.copyOf(all);
    }

    /** Wakes as many helpers as find parts. */
    private void wake(Job job) {
        long useful = (job.parts() - 1) / job.fewest() + 1;
        for (Helper helper : started) {
            if (useful <= 0) {
                return;
            }
            helper.wake();
            useful--;
        }
    }

    /**
     * Does a job on this thread at once, if all others are done and the seat of waiting threads is free. Threads that add a job
     * meanwhile wait, so it must be short. The job's failure is thrown here.
     *
     * @param job what is done
     * @return whether it was done
     */
    public boolean runNow(Job job) {
        if (job.needsHelpers()) {
            return false;
        }
        entry.lock();
        try {
            if (!isIdle() || !callersSeat.compareAndSet(false, true)) {
                return false;
            }
            try {
                job.run(OF_CALLER, 0, job.parts());
            } finally {
                leaveCallersSeat();
            }
            return true;
        } finally {
            entry.unlock();
        }
    }

    /**
     * Whether all jobs are done.
     *
     * @return false while one is not
     */
    public boolean isIdle() {
        return head == null;
    }

    /**
     * The ticket of the job that was added last.
     *
     * @return 0 before the first
     */
    public synchronized long last() {
        return last;
    }

    /**
     * Whether a job and all before are done.
     *
     * @param ticket the job's
     * @return true if they are
     */
    public boolean isDone(long ticket) {
        return done >= ticket;
    }

    /**
     * Works until a job and all before are done. Throws the first failure of a job since the last call of any thread.
     *
     * @param ticket the job's
     */
    public void await(long ticket) {
        waiting.incrementAndGet();
        try {
            while (!isDone(ticket)) {
                workAsCaller(ticket);
                // Many threads that look would take the processors from those that work.
                boolean isAlone = waiting.get() == 1;
                if (!isDone(ticket)
                        && !(looks && isAlone && look(WAITING_NANOSECONDS, () -> isDone(ticket) || canWork()))) {
                    sleepUntilOneIsDone(ticket);
                }
            }
        } finally {
            waiting.decrementAndGet();
        }
        throwFailure();
    }

    private void workAsCaller(long ticket) {
        long[] count = new long[1];
        if (!callersSeat.compareAndSet(false, true)) {
            return;
        }
        try {
            while (!isDone(ticket) && work(OF_CALLER, count)) {
                // The next parts.
            }
        } finally {
            leaveCallersSeat();
        }
    }

    /** Leaves the seat to a thread that found it taken and sleeps. */
    private void leaveCallersSeat() {
        callersSeat.set(false);
        if (waiting.get() > 1) {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    private boolean canWork() {
        Queued current = head;
        return current != null && current.hasParts() && !current.job.needsHelpers() && !callersSeat.get();
    }

    private boolean isClosed() {
        return closed;
    }

    private boolean hasParts() {
        Queued current = head;
        return current != null && current.hasParts();
    }

    /** Something that a thread looks for. */
    @FunctionalInterface
    private interface Condition {
        boolean isMet();
    }

    /** Looks for something for some time. Does not let other threads run: a compiler of the JVM would then keep the processor. */
    private static boolean look(long nanoseconds, Condition condition) {
        long end = System.nanoTime() + nanoseconds;
        do {
            for (int i = 0; i < LOOKS; i++) {
                if (condition.isMet()) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() < end);
        return false;
    }

    private synchronized void sleepUntilOneIsDone(long ticket) {
        boolean interrupted = false;
        long before = done;
        sleepers++;
        while (!isDone(ticket) && done == before && !canWork()) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        sleepers--;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void throwFailure() {
        Throwable thrown;
        synchronized (this) {
            thrown = failure;
            failure = null;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
    }

    /** Takes some parts and does them; false if there are none to take now. */
    private boolean work(int seat, long[] count) {
        Queued current = head;
        if (current == null || seat == OF_CALLER && current.job.needsHelpers()) {
            return false;
        }
        long from = current.take(seats(), count);
        if (from < 0) {
            return false;
        }
        try {
            current.job.run(seat, from, from + count[0]);
        } catch (RuntimeException | Error e) {
            failed(e);
        }
        if (current.left.addAndGet(-count[0]) == 0) {
            end(current);
        }
        return true;
    }

    private synchronized void failed(Throwable e) {
        if (failure == null) {
            failure = e;
        }
    }

    private void end(Queued ended) {
        Queued next;
        synchronized (this) {
            next = ended.next;
            head = next;
            if (next == null) {
                tail = null;
            }
            done = ended.ticket;
            if (sleepers > 0) {
                notifyAll();
            }
        }
        if (next != null) {
            wake(next.job);
        }
    }

    /** Ends the helpers. All jobs must be done. */
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        for (Helper helper : started) {
            while (helper.isAlive()) {
                LockSupport.unpark(helper);
                try {
                    helper.join(1);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
