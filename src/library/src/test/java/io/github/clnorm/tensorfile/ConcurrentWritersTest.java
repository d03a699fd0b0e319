package io.github.clnorm.tensorfile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes and threads add tensors to one .safetensors file at the same time. No tensor may be lost. */
@Tag("slow")
class ConcurrentWritersTest {

    private static final int PROCESSES = 4;
    private static final int THREADS = 8;
    private static final int ROUNDS = 10;

    @TempDir
    private Path folder;

    /** The child: adds a tensor to the file of each round. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        int writer = Integer.parseInt(arguments[1]);
        // All start at the same time.
        System.out.println("ready");
        System.in.read();
        for (int round = 0; round < ROUNDS; round++) {
            write(file(folder, round), writer, round);
        }
    }

    private static String file(Path folder, int round) {
        return folder.resolve("r" + round + ".safetensors").toString();
    }

    private static void write(String file, int writer, int round) throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#y" + writer, new float[] {writer, round}, 2);
            output.write(file + "#z" + writer, new float[] {-writer}, 1);
            output.commit();
        }
    }

    private void assertComplete(int writers) throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            for (int writer = 0; writer < writers; writer++) {
                String file = file(folder, round);
                assertArrayEquals(
                        new float[] {writer, round},
                        TensorFile.open(file + "#y" + writer).readFloats());
                assertArrayEquals(
                        new float[] {-writer},
                        TensorFile.open(file + "#z" + writer).readFloats());
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(ROUNDS, files.count(), "files in the folder");
        }
    }

    @Test
    void processes() throws Exception {
        List<Process> writers = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            writers.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            ConcurrentWritersTest.class.getName(),
                            folder.toString(),
                            Integer.toString(i))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }
        for (Process writer : writers) {
            assertEquals('r', writer.getInputStream().read());
        }
        for (Process writer : writers) {
            writer.getOutputStream().write('\n');
            writer.getOutputStream().flush();
        }
        for (Process writer : writers) {
            assertTrue(writer.waitFor(10, TimeUnit.MINUTES), "a writer does not end");
            assertEquals(0, writer.exitValue());
        }
        assertComplete(PROCESSES);
    }

    @Test
    void threads() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        try {
            CyclicBarrier start = new CyclicBarrier(THREADS);
            List<Callable<Void>> writers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int writer = i;
                writers.add(() -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        start.await();
                        write(file(folder, round), writer, round);
                    }
                    return null;
                });
            }
            for (Future<Void> done : executor.invokeAll(writers)) {
                done.get();
            }
        } finally {
            executor.shutdownNow();
        }
        assertComplete(THREADS);
    }
}
