package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import io.github.clnorm.internal.team.Job;
import io.github.clnorm.internal.team.Placement;
import io.github.clnorm.internal.team.Team;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Where Linux lets helpers run, as it tells in /proc. On other systems nothing is bound, which is tested too. */
class CpuBindingTest {

    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
    private static final String NAME = "test-binding";
    private static final int SET_BYTES = 128;

    /** The processors that a thread may use; the list is like {@code 0-2,5}. */
    private static List<Integer> allowed(Path thread) throws IOException {
        String list = Files.readAllLines(thread.resolve("status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .findFirst()
                .orElseThrow()
                .split(":")[1]
                .strip();
        return Arrays.stream(list.split(","))
                .map(range -> range.split("-"))
                .flatMap(range -> IntStream.rangeClosed(
                                Integer.parseInt(range[0]), Integer.parseInt(range[range.length - 1]))
                        .boxed())
                .toList();
    }

    private static List<Path> helpers() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            List<Path> found = new ArrayList<>();
            for (Path thread : threads.toList()) {
                if (Files.readString(thread.resolve("comm")).startsWith(NAME)) {
                    found.add(thread);
                }
            }
            return found;
        }
    }

    /** Moves the calling thread to a processor. */
    private static void moveTo(int cpu) {
        try (Memory set = new Memory(SET_BYTES)) {
            set.clear();
            set.setByte(cpu / Byte.SIZE, (byte) (1 << cpu % Byte.SIZE));
            Function call = NativeLibrary.getProcess().getFunction("sched_setaffinity");
            assertEquals(0, call.invokeInt(new Object[] {0, (long) SET_BYTES, set}), "sched_setaffinity");
        }
    }

    /** Runs in a thread that may be bound: it ends with the test. */
    private static void inOwnThread(Step step) throws Exception {
        CompletableFuture<Void> result = new CompletableFuture<>();
        new Thread(() -> {
                    try {
                        step.run();
                        result.complete(null);
                    } catch (Throwable e) {
                        result.completeExceptionally(e);
                    }
                })
                .start();
        result.get();
    }

    private static final int CALLS = 3;

    private interface Step {
        void run() throws Exception;
    }

    @Test
    void noHelperIsWhereTheCallerIs() throws Exception {
        if (!LINUX) {
            assertSame(Placement.NONE, CpuBinding.of(1));
            return;
        }
        inOwnThread(() -> {
            List<Integer> cpus = allowed(Path.of("/proc/thread-self"));
            int helpers = cpus.size() - 1;
            Placement placement = CpuBinding.of(helpers);
            if (helpers == 0) {
                assertSame(Placement.NONE, placement);
                return;
            }
            assertNotSame(Placement.NONE, placement);
            try (Team team = new Team(NAME, helpers, placement)) {
                for (int round = 0; round < 5; round++) {
                    for (int cpu : cpus) {
                        moveTo(cpu);
                        // The caller has moved if some calls in a row find it there.
                        for (int call = 0; call < CALLS; call++) {
                            team.await(team.add(Job.of(seat -> {})));
                        }
                        List<Integer> places = new ArrayList<>();
                        // All have started: a helper that has not is bound when it starts.
                        while (helpers().size() < helpers || !areBound(helpers())) {
                            Thread.onSpinWait();
                        }
                        for (Path helper : helpers()) {
                            places.addAll(allowed(helper));
                        }
                        List<Integer> others =
                                cpus.stream().filter(other -> other != cpu).toList();
                        assertEquals(others, places.stream().sorted().toList(), "the caller is on " + cpu);
                    }
                }
            }
        });
    }

    private static boolean areBound(List<Path> helpers) throws IOException {
        for (Path helper : helpers) {
            if (allowed(helper).size() != 1) {
                return false;
            }
        }
        return true;
    }

    @Test
    void nothingIsBoundWhereProcessorsAndThreadsDoNotMatch() throws Exception {
        inOwnThread(() -> {
            int processors = LINUX ? allowed(Path.of("/proc/thread-self")).size() : 2;
            assertSame(Placement.NONE, CpuBinding.of(processors));
            assertSame(Placement.NONE, CpuBinding.of(processors + 3));
            assertSame(Placement.NONE, CpuBinding.of(0));
            if (LINUX) {
                moveTo(allowed(Path.of("/proc/thread-self")).get(0));
                assertSame(Placement.NONE, CpuBinding.of(1), "a process that may use one processor");
            }
        });
    }

    @Test
    void aPropertySwitchesItOff() throws Exception {
        System.setProperty("clnorm.binding", "off");
        try {
            assertSame(
                    Placement.NONE,
                    CpuBinding.of(Math.max(1, Runtime.getRuntime().availableProcessors() - 1)));
        } finally {
            System.clearProperty("clnorm.binding");
        }
    }
}
