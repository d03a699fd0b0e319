package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.tasks.Interrupts;
import io.github.clnorm.internal.tasks.TaskGroup;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Passes pieces through stages that work at the same time: while one works on a piece, the stage before it works on the next. A stage
 * gets one piece at a time, in order. One stage runs on the caller's thread, the others on daemon threads of the library. When a stage
 * fails, each other stage stops after its current piece.
 *
 * <p>Thread-safe.
 */
public final class Pipeline {

    /** The work of a stage on a piece. */
    @FunctionalInterface
    public interface Stage {
        /**
         * Works on a piece.
         *
         * @param piece its index
         * @param slot which of the slots holds it
         */
        void work(long piece, int slot);
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final long pieces;
    private final int slots;
    private final List<Stage> stages;
    // How many pieces each stage has finished.
    private final long[] done;
    // Whether an interrupt of the caller's thread ends it.
    private final boolean interruptible;
    private Throwable failure;

    private Pipeline(long pieces, int slots, boolean interruptible, List<Stage> stages) {
        this.pieces = pieces;
        this.slots = slots;
        this.interruptible = interruptible;
        this.stages = stages;
        this.done = new long[stages.size()];
    }

    /**
     * Passes all pieces through all stages, and blocks until no stage works any more.
     *
     * @param pieces their number
     * @param slots how many pieces may be between the beginning of the first stage and the end of the last one
     * @param here the index of the stage that runs on the caller's thread
     * @param stages the stages; their exceptions must be unchecked. The first failure is thrown
     */
    public static void run(long pieces, int slots, int here, Stage... stages) {
        new Pipeline(pieces, slots, false, List.of(stages)).run(here);
    }

    /**
     * The same, but an interrupt of the caller's thread makes each stage stop after its current piece. A stage that does not within a
     * second is interrupted too.
     *
     * @param pieces their number
     * @param slots how many pieces may be between the beginning of the first stage and the end of the last one
     * @param here the index of the stage that runs on the caller's thread
     * @param stages the stages
     * @throws java.util.concurrent.CancellationException if the thread was interrupted, and stays so, before all was done
     */
    public static void runInterruptibly(long pieces, int slots, int here, Stage... stages) {
        Interrupts.check();
        new Pipeline(pieces, slots, true, List.of(stages)).run(here);
    }

    private void run(int here) {
        TaskGroup others = NativeCalls.group();
        for (int i = 0; i < done.length; i++) {
            int stage = i;
            if (stage != here) {
                others.start(() -> pass(stage, false));
            }
        }
        pass(here, interruptible);
        if (interruptible) {
            others.awaitInterruptibly(this::interrupted);
        } else {
            others.await();
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
    }

    private void interrupted() {
        changed(() -> {
            if (failure == null && done[done.length - 1] < pieces) {
                failure = Interrupts.ended(null);
            }
        });
    }

    private void pass(int stage, boolean endsByInterrupt) {
        try {
            for (long piece = 0; piece < pieces && awaitTurn(stage, piece, endsByInterrupt); piece++) {
                stages.get(stage).work(piece, (int) (piece % slots));
                changed(() -> done[stage]++);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            interrupted();
        } catch (RuntimeException | Error e) {
            changed(() -> failure = failure == null ? e : failure);
        }
    }

    /** Blocks until the stage can work on the piece; false if a stage has failed. */
    private boolean awaitTurn(int stage, long piece, boolean endsByInterrupt) throws InterruptedException {
        lock.lock();
        try {
            while (failure == null && !isTurn(stage, piece)) {
                if (endsByInterrupt) {
                    changed.await();
                } else {
                    changed.awaitUninterruptibly();
                }
            }
            if (endsByInterrupt && Thread.interrupted()) {
                throw new InterruptedException();
            }
            return failure == null;
        } finally {
            lock.unlock();
        }
    }

    private boolean isTurn(int stage, long piece) {
        return stage == 0 ? piece - done[done.length - 1] < slots : piece < done[stage - 1];
    }

    private void changed(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
