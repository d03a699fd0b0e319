package io.github.clnorm.tools.compilers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/** Compiles kernels, two at a time. */
final class Compilation {

    private static final int AT_A_TIME = 2;

    private Compilation() {}

    /**
     * The figures of kernels, in their order.
     *
     * @param compilers have the targets of the kernels
     * @param kernels what is compiled
     * @param progress takes the number of kernels that are done
     * @throws IOException if a compiler cannot be run
     */
    static List<KernelFacts> run(Compilers compilers, Collection<PlannedKernel> kernels, IntConsumer progress)
            throws IOException {
        ExecutorService pool = Executors.newFixedThreadPool(AT_A_TIME);
        try {
            List<Future<KernelFacts>> pending = new ArrayList<>();
            for (PlannedKernel planned : kernels) {
                pending.add(pool.submit(() -> compile(compilers.of(planned.target()), planned)));
            }
            List<KernelFacts> facts = new ArrayList<>();
            for (Future<KernelFacts> future : pending) {
                facts.add(future.get());
                progress.accept(facts.size());
            }
            return facts;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } finally {
            pool.shutdownNow();
        }
    }

    private static KernelFacts compile(GpuCompiler compiler, PlannedKernel planned) throws IOException {
        Path folder = Files.createTempDirectory("clnorm-compiler");
        try {
            Compiled compiled = compiler.compile(folder, planned.build(), planned.target());
            return KernelFacts.of(planned, compiled);
        } catch (RuntimeException e) {
            throw new IllegalStateException(planned.build() + " on " + planned.target() + ": " + e.getMessage(), e);
        } finally {
            delete(folder);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
