package io.github.clnorm.stress;

import io.github.clnorm.Backend;
import io.github.clnorm.Gradients;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Recorded;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.Tuning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A program that does one thing many times, in a process of its own: arguments are what and how often. It prints the
 * process's resident memory, threads and open files ten times on the way, a line each.
 */
public final class StressRun {

    private static final int REPORTS = 10;
    private static final float[] VALUES = new float[2 * 4 * 100];

    private StressRun() {}

    /** What is done once. */
    private interface Step {
        void run(int step) throws Exception;
    }

    public static void main(String... arguments) throws Exception {
        for (int i = 0; i < VALUES.length; i++) {
            VALUES[i] = i % 97;
        }
        int steps = Integer.parseInt(arguments[1]);
        switch (arguments[0]) {
            case "passes" -> passes(steps);
            case "forgotten" -> forgotten(steps);
            case "backends" -> backends(steps);
            case "forgotten-backends" -> repeat(steps, step -> once(Backend.open("cpu", Tuning.OFF)));
            case "transfers" -> transfers(steps);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Forward and backward, everything closed. */
    private static void passes(int steps) throws Exception {
        try (Backend backend = Backend.open("cpu", Tuning.OFF);
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                Tensor x = backend.tensor(VALUES, 2, 4, 100)) {
            repeat(steps, step -> {
                try (Recorded recorded = norm.record(x);
                        Gradients gradients = recorded.backward(recorded.output())) {
                    if (step % 1000 == 0) {
                        gradients.weight().toFloats();
                    }
                }
            });
        }
    }

    /** The same with nothing closed: tensors, layers and recorded passes. */
    private static void forgotten(int steps) throws Exception {
        try (Backend backend = Backend.open("cpu", Tuning.OFF);
                Tensor x = backend.tensor(VALUES, 2, 4, 100)) {
            repeat(steps, step -> {
                GroupNorm norm = GroupNorm.of(backend, 2, 4);
                norm.record(x).backward(x);
                norm.forward(x);
                if (step % 1000 == 0) {
                    backend.finish();
                }
            });
        }
    }

    private static void backends(int steps) throws Exception {
        repeat(steps, step -> {
            try (Backend backend = Backend.open("cpu", Tuning.OFF)) {
                once(backend);
            }
        });
    }

    /** Transfers of a tensor that is larger than all of Java's direct memory may be. */
    private static void transfers(int steps) throws Exception {
        float[] large = new float[2 << 20];
        large[large.length - 1] = 7;
        try (Backend backend = Backend.open("cpu", Tuning.OFF);
                Tensor x = backend.empty(large.length);
                Tensor small = backend.tensor(new float[] {1}, 1)) {
            repeat(steps, step -> {
                x.set(large);
                small.read((at, piece) -> {
                    if (x.toFloats()[large.length - 1] != 7 || piece.getFloat(0) != 1) {
                        throw new IllegalStateException("wrong values");
                    }
                });
            });
        }
    }

    private static void once(Backend backend) {
        Tensor x = backend.tensor(VALUES, 2, 4, 100);
        GroupNorm.of(backend, 2, 4).forward(x).toFloats();
    }

    private static void repeat(int steps, Step step) throws Exception {
        for (int i = 1; i <= steps; i++) {
            step.run(i);
            if (i % Math.max(1, steps / REPORTS) == 0) {
                System.out.println(figures());
            }
        }
    }

    private static String figures() throws IOException {
        List<String> figures = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:") || line.startsWith("Threads:")) {
                figures.add(line.replaceAll("[^0-9]", ""));
            }
        }
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            figures.add(Long.toString(files.count()));
        }
        return "kB, threads, files: " + String.join(" ", figures);
    }
}
