package io.github.clnorm.internal.team;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Order, sharing, waiting and failures of a team, without a device. The limit ends a test that hangs. */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TeamTest {

    private static final int WAITING = 8;

    /** What a job does with its parts. */
    private interface Parts {
        void run(int seat, long from, long end);
    }

    private static Job job(long parts, long fewest, Parts run) {
        return new Job() {
            @Override
            public long parts() {
                return parts;
            }

            @Override
            public long fewest() {
                return fewest;
            }

            @Override
            public void run(int seat, long from, long end) {
                run.run(seat, from, end);
            }
        };
    }

    private static Team team(int helpers) {
        return new Team("test-team", helpers, Placement.NONE);
    }

    private static void await(CountDownLatch latch) {
        boolean interrupted = false;
        for (boolean waits = true; waits; ) {
            try {
                latch.await();
                waits = false;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** A job that begins on a helper, and ends when it is told to. */
    private static final class Gate {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch opened = new CountDownLatch(1);

        Job job() {
            return Job.of(seat -> {
                begun.countDown();
                await(opened);
            });
        }

        /** Adds it, and returns when a helper does it. */
        long closedIn(Team team) {
            long ticket = team.add(job());
            await(begun);
            return ticket;
        }
    }

    @Test
    void jobsRunInTheOrderInWhichTheyWereAdded() {
        try (Team team = team(3)) {
            List<Integer> order = Collections.synchronizedList(new ArrayList<>());
            List<Integer> expected = new ArrayList<>();
            long last = 0;
            for (int i = 0; i < 1000; i++) {
                int number = i;
                expected.add(number);
                long ticket = team.add(Job.of(seat -> order.add(number)));
                assertTrue(ticket > last, "tickets rise");
                last = ticket;
            }
            team.await(last);
            assertEquals(expected, order);
            assertTrue(team.isIdle() && team.isDone(last));
            assertEquals(last, team.last());
        }
    }

    @Test
    void noPartOfTheNextJobBeginsBeforeTheLastOfTheOneBefore() {
        try (Team team = team(3)) {
            int parts = 257;
            AtomicInteger done = new AtomicInteger();
            List<Integer> early = Collections.synchronizedList(new ArrayList<>());
            for (int i = 0; i < 200; i++) {
                int before = i * parts;
                team.add(job(parts, 1, (seat, from, end) -> {
                    if (done.get() < before) {
                        early.add(before);
                    }
                    done.addAndGet((int) (end - from));
                }));
            }
            team.await(team.last());
            assertEquals(List.of(), early);
            assertEquals(200 * parts, done.get());
        }
    }

    @Test
    void everyPartIsDoneOnceWhateverTheShares() {
        for (int helpers : new int[] {1, 2, 5}) {
            try (Team team = team(helpers)) {
                for (int parts : new int[] {1, 2, 3, 100, 4099}) {
                    for (int fewest : new int[] {1, 7, parts, parts + 1}) {
                        AtomicIntegerArray times = new AtomicIntegerArray(parts);
                        Set<Integer> seats = Collections.synchronizedSet(new HashSet<>());
                        team.await(team.add(job(parts, fewest, (seat, from, end) -> {
                            seats.add(seat);
                            for (long part = from; part < end; part++) {
                                times.incrementAndGet((int) part);
                            }
                        })));
                        for (int part = 0; part < parts; part++) {
                            assertEquals(1, times.get(part), "part " + part + " of " + parts);
                        }
                        assertTrue(seats.stream().allMatch(seat -> seat >= 0 && seat < team.seats()), "" + seats);
                    }
                }
            }
        }
    }

    @Test
    void aShareHasTheFewestPartsUnlessItIsTheLast() {
        try (Team team = team(2)) {
            List<Long> small = Collections.synchronizedList(new ArrayList<>());
            team.await(team.add(job(1000, 64, (seat, from, end) -> {
                if (end - from < 64 && end != 1000) {
                    small.add(from);
                }
            })));
            assertEquals(List.of(), small);
        }
    }

    @Test
    void aSeatHasOneThreadAtATime() {
        try (Team team = team(3)) {
            AtomicIntegerArray inside = new AtomicIntegerArray(team.seats());
            AtomicInteger together = new AtomicInteger();
            for (int i = 0; i < 100; i++) {
                team.add(job(64, 1, (seat, from, end) -> {
                    if (inside.incrementAndGet(seat) > 1) {
                        together.incrementAndGet();
                    }
                    Thread.yield();
                    inside.decrementAndGet(seat);
                }));
            }
            awaitByEight(team, team.last());
            assertEquals(0, together.get());
        }
    }

    @Test
    void aJobNeedsParts() {
        try (Team team = team(1)) {
            assertThrows(IllegalArgumentException.class, () -> team.add(job(0, 1, (seat, from, end) -> {})));
            AtomicInteger done = new AtomicInteger();
            team.await(team.add(Job.of(seat -> done.incrementAndGet())));
            assertEquals(1, done.get());
        }
    }

    @Test
    void runNowRunsOnTheCallersThreadOnlyWhenAllJobsAreDone() {
        try (Team team = team(1)) {
            List<Thread> threads = new ArrayList<>();
            Job job = job(5, 1, (seat, from, end) -> {
                threads.add(Thread.currentThread());
                assertEquals(0, seat);
                assertEquals(List.of(0L, 5L), List.of(from, end));
            });
            assertTrue(team.runNow(job), "before the first job");
            Gate gate = new Gate();
            long ticket = gate.closedIn(team);
            assertFalse(team.isIdle());
            assertFalse(team.runNow(job), "while a helper works");
            gate.opened.countDown();
            team.await(ticket);
            assertTrue(team.runNow(job), "after it");
            assertEquals(List.of(Thread.currentThread(), Thread.currentThread()), threads);
        }
    }

    @Test
    void aFailureOfRunNowIsThrownThereAndLeavesTheSeat() {
        try (Team team = team(1)) {
            RuntimeException failure = new IllegalStateException("failed");
            assertSame(
                    failure,
                    assertThrows(
                            IllegalStateException.class,
                            () -> team.runNow(Job.of(seat -> {
                                throw failure;
                            }))));
            team.await(team.last());
            assertTrue(team.runNow(Job.of(seat -> {})));
        }
    }

    /** The helper does not return, so the parts that are left are the caller's. */
    @Test
    void aThreadThatWaitsWorks() {
        try (Team team = team(1)) {
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch byCaller = new CountDownLatch(1);
            Set<Thread> threads = Collections.synchronizedSet(new HashSet<>());
            long ticket = team.add(job(2, 1, (seat, from, end) -> {
                threads.add(Thread.currentThread());
                if (seat == 0) {
                    byCaller.countDown();
                } else {
                    begun.countDown();
                    await(byCaller);
                }
            }));
            await(begun);
            team.await(ticket);
            assertTrue(threads.contains(Thread.currentThread()));
            assertEquals(2, threads.size());
        }
    }

    @Test
    void aJobThatNeedsHelpersIsNeverDoneByAWaitingThread() {
        try (Team team = team(1)) {
            Set<Integer> seats = Collections.synchronizedSet(new HashSet<>());
            Job job = new Job() {
                @Override
                public long parts() {
                    return 16;
                }

                @Override
                public long fewest() {
                    return 1;
                }

                @Override
                public boolean needsHelpers() {
                    return true;
                }

                @Override
                public void run(int seat, long from, long end) {
                    seats.add(seat);
                }
            };
            assertFalse(team.runNow(job));
            for (int i = 0; i < 100; i++) {
                team.await(team.add(job));
            }
            assertEquals(Set.of(1), seats);
        }
    }

    @Test
    void aJobThatBlocksDoesNotStopAdding() {
        try (Team team = team(1)) {
            Gate gate = new Gate();
            gate.closedIn(team);
            AtomicInteger done = new AtomicInteger();
            for (int i = 0; i < 10_000; i++) {
                team.add(Job.of(seat -> done.incrementAndGet()));
            }
            assertEquals(0, done.get());
            gate.opened.countDown();
            team.await(team.last());
            assertEquals(10_000, done.get());
        }
    }

    /** Several threads; those that do not get the seat sleep. */
    private static void awaitByEight(Team team, long ticket) {
        CountDownLatch returned = new CountDownLatch(WAITING);
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < WAITING; i++) {
            new Thread(() -> {
                        try {
                            team.await(ticket);
                            if (!team.isDone(ticket)) {
                                failures.add(new AssertionError("returned before the end"));
                            }
                        } catch (Throwable e) {
                            failures.add(e);
                        } finally {
                            returned.countDown();
                        }
                    })
                    .start();
        }
        await(returned);
        assertEquals(List.of(), failures);
    }

    @Test
    void eightThreadsWaitForOneJobAndForTheLastOfMany() {
        try (Team team = team(2)) {
            for (int round = 0; round < 50; round++) {
                Gate gate = new Gate();
                team.add(gate.job());
                for (int i = 0; i < 20; i++) {
                    team.add(job(16, 1, (seat, from, end) -> Thread.yield()));
                }
                gate.opened.countDown();
                awaitByEight(team, team.last());
                assertTrue(team.isIdle());
            }
        }
    }

    /** One thread waits for the first job and leaves; the other one waits for the second, half of which needs the seat. */
    @Test
    void theSeatIsPassedOnToAThreadThatSleeps() throws InterruptedException {
        for (int round = 0; round < 200; round++) {
            try (Team team = team(1)) {
                Gate gate = new Gate();
                long first = gate.closedIn(team);
                CountDownLatch byCaller = new CountDownLatch(1);
                long second = team.add(job(2, 1, (seat, from, end) -> {
                    if (seat == 0) {
                        byCaller.countDown();
                    } else {
                        await(byCaller);
                    }
                }));
                Thread one = new Thread(() -> team.await(first));
                Thread other = new Thread(() -> team.await(second));
                one.start();
                other.start();
                gate.opened.countDown();
                one.join();
                other.join();
                assertTrue(team.isDone(second));
            }
        }
    }

    @Test
    void aFailureIsThrownOnceAndLaterJobsRun() {
        for (Throwable failure : List.of(new IllegalStateException("failed"), new AssertionError("failed"))) {
            try (Team team = team(1)) {
                AtomicInteger after = new AtomicInteger();
                team.add(job(4, 1, (seat, from, end) -> {
                    if (from == 0) {
                        if (failure instanceof Error error) {
                            throw error;
                        }
                        throw (RuntimeException) failure;
                    }
                }));
                long ticket = team.add(Job.of(seat -> after.incrementAndGet()));
                assertSame(failure, assertThrows(failure.getClass(), () -> team.await(ticket)));
                assertEquals(1, after.get());
                team.await(ticket);
                team.await(team.add(Job.of(seat -> after.incrementAndGet())));
                assertEquals(2, after.get());
            }
        }
    }

    @Test
    void ofSeveralFailuresTheFirstIsThrown() {
        try (Team team = team(2)) {
            for (int i = 0; i < 3; i++) {
                String message = "failure " + i;
                team.add(Job.of(seat -> {
                    throw new IllegalStateException(message);
                }));
            }
            long last = team.last();
            assertEquals(
                    "failure 0",
                    assertThrows(IllegalStateException.class, () -> team.await(last))
                            .getMessage());
            team.await(last);
        }
    }

    /** The helper has failed before the thread waits: the team is idle by then. */
    @Test
    void aFailureIsThrownAlsoWhenNothingIsLeftToWaitFor() {
        try (Team team = team(1)) {
            long ticket = team.add(Job.of(seat -> {
                throw new IllegalStateException("failed");
            }));
            while (!team.isIdle()) {
                Thread.onSpinWait();
            }
            assertThrows(IllegalStateException.class, () -> team.await(ticket));
        }
    }

    @Test
    void anInterruptedThreadWaitsToTheEndAndStaysInterrupted() throws InterruptedException {
        try (Team team = team(1)) {
            Gate gate = new Gate();
            long ticket = gate.closedIn(team);
            List<Boolean> interrupted = Collections.synchronizedList(new ArrayList<>());
            Thread waiting = new Thread(() -> {
                team.await(ticket);
                interrupted.add(Thread.currentThread().isInterrupted() && team.isDone(ticket));
            });
            waiting.start();
            while (waiting.getState() != Thread.State.WAITING) {
                waiting.interrupt();
                Thread.onSpinWait();
            }
            waiting.interrupt();
            gate.opened.countDown();
            waiting.join();
            assertEquals(List.of(true), interrupted);
        }
    }

    @Test
    void closingEndsTheHelpers() {
        Set<Thread> threads = Collections.synchronizedSet(new HashSet<>());
        Team team = new Team("test-closing", 3, new Placement() {
            @Override
            public void helperStarted(int helper) {
                threads.add(Thread.currentThread());
            }

            @Override
            public void callerRuns() {
                // Not observed.
            }
        });
        team.await(team.add(job(100, 1, (seat, from, end) -> {})));
        Thread.currentThread().interrupt();
        team.close();
        assertTrue(Thread.interrupted(), "stays interrupted");
        assertEquals(3, threads.size());
        assertTrue(threads.stream().noneMatch(Thread::isAlive));
        assertTrue(threads.stream().allMatch(Thread::isDaemon));
    }

    @Test
    void aTeamWithoutJobsHasNoThreads() {
        AtomicInteger started = new AtomicInteger();
        try (Team team = new Team("test-idle", 2, new Placement() {
            @Override
            public void helperStarted(int helper) {
                started.incrementAndGet();
            }

            @Override
            public void callerRuns() {
                // Not observed.
            }
        })) {
            assertTrue(team.runNow(Job.of(seat -> {})));
            team.await(team.last());
        }
        assertEquals(0, started.get());
    }
}
