package io.github.clnorm.internal.fleet;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.tasks.Interrupts;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/**
 * Lets devices compute the pieces of a tensor. Each piece has a device, and is computed by it unless it fails: the others
 * then compute its pieces. Two threads of each device have a piece each, so that it has work while results are fetched.
 *
 * <p>A source or a target that goes in order has a thread of its own. Pieces are then read, computed and written within a
 * window, whose first piece is the first one that is not finished.
 *
 * <p>Not thread-safe; made for one run.
 */
public final class PieceRun {

    /** Pieces that a device has at a time. */
    public static final int IN_FLIGHT = 2;

    /** What a device does. */
    @FunctionalInterface
    public interface PieceWork {
        /**
         * Computes a piece. Called by several threads at a time.
         *
         * @param device its index
         * @param piece its index
         * @throws ClException if the device fails
         */
        void compute(int device, int piece);
    }

    /** What a source or target that goes in order does. */
    @FunctionalInterface
    public interface Step {
        /**
         * Reads or writes a piece.
         *
         * @param piece its index, one more than in the call before
         */
        void at(int piece);
    }

    /**
     * What became of the pieces.
     *
     * @param owners the device of each piece
     * @param by the device that computed it; -1 for pieces beyond the end of the source
     * @param failures why a device was taken out, or null
     * @param nanoseconds from the begin of a device's first piece to the end of its last one
     * @param pieces how many were computed and written: all, unless the source ended
     * @param bytesRead what a source that ended had; -1 otherwise
     */
    public record Outcome(
            int[] owners, int[] by, ClException[] failures, long[] nanoseconds, int pieces, long bytesRead) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final int[] owners;
    private final boolean[] isOwner;
    private final boolean[] reserve;
    private final PieceWork work;
    private final Step reader;
    private final Step writer;
    private final int window;

    private final List<Deque<Integer>> own = new ArrayList<>();
    // Pieces of devices that failed.
    private final TreeSet<Integer> orphans = new TreeSet<>();
    private final int[] by;
    private final ClException[] failures;
    private final long[] begun;
    private final long[] ended;
    // Pieces from here on do not exist, because the source has ended.
    private int end;
    private int read;
    private int done;
    private int written;
    private int firstUnfinished;
    private long bytesRead = -1;
    private Throwable stopped;

    /**
     * A run.
     *
     * @param owners the device of each piece
     * @param reserve for each device whether it computes pieces if all devices that own pieces fail
     * @param work of the devices
     * @param reader reads pieces in order; null if the work reads them
     * @param writer writes pieces in order; null if the work writes them
     * @param window how many pieces may be between the reader's begin and the writer's end
     */
    public PieceRun(int[] owners, boolean[] reserve, PieceWork work, Step reader, Step writer, int window) {
        this.owners = owners.clone();
        this.isOwner = new boolean[reserve.length];
        this.reserve = reserve.clone();
        this.work = work;
        this.reader = reader;
        this.writer = writer;
        this.window = reader == null && writer == null ? owners.length : window;
        this.by = new int[owners.length];
        this.failures = new ClException[reserve.length];
        this.begun = new long[reserve.length];
        this.ended = new long[reserve.length];
        this.end = owners.length;
        this.read = reader == null ? owners.length : 0;
        Arrays.fill(by, -1);
        for (int device = 0; device < reserve.length; device++) {
            own.add(new ArrayDeque<>());
        }
        for (int piece = 0; piece < owners.length; piece++) {
            own.get(owners[piece]).add(piece);
            isOwner[owners[piece]] = true;
        }
    }

    /**
     * Computes all pieces, and blocks until no thread works on them any more.
     *
     * @return what became of them
     * @throws ClException if every device failed: the first failure's code and call, with all failures suppressed
     * @throws java.util.concurrent.CancellationException if this thread was interrupted, and stays so, before all was done. Each
     *     thread ends after its piece; a step that does not within a second is interrupted
     * @throws RuntimeException what a step or the work threw
     */
    public Outcome run() {
        Interrupts.check();
        List<Runnable> tasks = new ArrayList<>();
        if (reader != null) {
            tasks.add(this::readAll);
        }
        if (writer != null) {
            tasks.add(this::writeAll);
        }
        for (int i = 0; i < reserve.length; i++) {
            int device = i;
            for (int lane = 0; lane < IN_FLIGHT && isOwner[device]; lane++) {
                tasks.add(() -> computeAll(device));
            }
        }
        EachDevice.runInterruptibly(tasks, this::interrupted);
        if (stopped instanceof Error error) {
            throw error;
        }
        if (stopped instanceof RuntimeException exception) {
            throw exception;
        }
        long[] nanoseconds = IntStream.range(0, reserve.length)
                .mapToLong(device -> ended[device] - begun[device])
                .toArray();
        return new Outcome(owners, by, failures, nanoseconds, end, bytesRead);
    }

    private void interrupted() {
        locked(() -> {
            boolean isWhole = (writer == null ? done : written) >= end;
            stopped = stopped == null && !isWhole ? Interrupts.ended(null) : stopped;
        });
    }

    private void readAll() {
        guarded(() -> {
            for (int piece = 0; awaitRoom(piece); piece++) {
                try {
                    reader.at(piece);
                } catch (EndOfSource e) {
                    endAt(piece, e.bytes());
                    return;
                }
                locked(() -> read++);
            }
        });
    }

    private void writeAll() {
        guarded(() -> {
            for (int piece = 0; awaitResult(piece); piece++) {
                writer.at(piece);
                locked(() -> firstUnfinished = ++written);
            }
        });
    }

    private void computeAll(int owner) {
        guarded(() -> {
            int device = owner;
            while (device >= 0) {
                device = computeAs(device);
            }
        });
    }

    /** Computes until nothing is left or the device fails. Returns a device that takes its place, or -1. */
    private int computeAs(int device) {
        for (int piece = next(device); piece >= 0; piece = next(device)) {
            int taken = piece;
            try {
                work.compute(device, taken);
            } catch (ClException e) {
                int[] successor = new int[1];
                locked(() -> {
                    fail(device, taken, e);
                    successor[0] = successor();
                });
                return successor[0];
            }
            locked(() -> finish(device, taken));
        }
        return -1;
    }

    /** A device in reserve if all devices that own pieces have failed. The thread of the last one becomes its thread. */
    private int successor() {
        boolean anyOwner =
                IntStream.range(0, isOwner.length).anyMatch(device -> isOwner[device] && failures[device] == null);
        return anyOwner
                ? -1
                : IntStream.range(0, reserve.length)
                        .filter(device -> canCompute(device) && failures[device] == null)
                        .findFirst()
                        .orElse(-1);
    }

    private boolean awaitRoom(int piece) {
        return awaited(() -> piece >= end || piece < firstUnfinished + window) && piece < end;
    }

    private boolean awaitResult(int piece) {
        return awaited(() -> piece >= end || by[piece] >= 0) && piece < end;
    }

    private void endAt(int piece, long bytes) {
        locked(() -> {
            end = piece;
            bytesRead = bytes;
        });
    }

    /** A piece for a device, or -1 when there is nothing left for it to do. */
    private int next(int device) {
        lock.lock();
        try {
            while (stopped == null && failures[device] == null && done < end) {
                Integer first = own.get(device).peek();
                Integer orphan = orphans.isEmpty() ? null : orphans.first();
                boolean isOrphan = orphan != null && (first == null || orphan < first);
                Integer piece = isOrphan ? orphan : first;
                if (piece != null && piece < end && piece < read && piece < firstUnfinished + window) {
                    if (isOrphan) {
                        orphans.pollFirst();
                    } else {
                        own.get(device).poll();
                    }
                    begun[device] = begun[device] == 0 ? System.nanoTime() : begun[device];
                    return piece;
                }
                changed.awaitUninterruptibly();
            }
            return -1;
        } finally {
            lock.unlock();
        }
    }

    private void finish(int device, int piece) {
        ended[device] = System.nanoTime();
        by[piece] = device;
        done++;
        while (writer == null && firstUnfinished < by.length && by[firstUnfinished] >= 0) {
            firstUnfinished++;
        }
    }

    private void fail(int device, int piece, ClException e) {
        if (failures[device] == null) {
            failures[device] = e;
        } else if (failures[device] != e) {
            failures[device].addSuppressed(e);
        }
        orphans.add(piece);
        orphans.addAll(own.get(device));
        own.get(device).clear();
        boolean anyLeft =
                IntStream.range(0, reserve.length).anyMatch(other -> failures[other] == null && canCompute(other));
        if (!anyLeft && stopped == null) {
            stopped = allFailed();
        }
    }

    private boolean canCompute(int device) {
        return isOwner[device] || reserve[device];
    }

    private ClException allFailed() {
        List<ClException> all = Arrays.stream(failures).filter(e -> e != null).toList();
        ClException first = all.get(0);
        if (all.size() == 1) {
            return first;
        }
        ClException together = new ClException(
                first.code(),
                first.call(),
                "every device of the fleet: "
                        + String.join(
                                "; ", all.stream().map(Throwable::getMessage).toList()));
        all.forEach(together::addSuppressed);
        return together;
    }

    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            locked(() -> stopped = stopped == null ? e : stopped);
        }
    }

    private interface Check {
        boolean holds();
    }

    /** Blocks until a condition holds; false if the run was stopped. */
    private boolean awaited(Check condition) {
        lock.lock();
        try {
            while (stopped == null && !condition.holds()) {
                changed.awaitUninterruptibly();
            }
            return stopped == null;
        } finally {
            lock.unlock();
        }
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
