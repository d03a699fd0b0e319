package io.github.clnorm.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The logical processors that this process may use. */
final class Cores {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path PROCESSORS = Path.of("/sys/devices/system/cpu");

    private Cores() {}

    /**
     * Processors for a number of threads: one of each core first, then their siblings.
     *
     * @throws IllegalArgumentException if there are fewer
     */
    static List<Integer> choose(int threads) {
        List<Integer> order = order(STATUS, PROCESSORS);
        if (threads < 1 || threads > order.size()) {
            throw new IllegalArgumentException("--threads: expected 1 to " + order.size()
                    + ", the processors that this process may use, got " + threads);
        }
        return order.subList(0, threads);
    }

    /** All processors, those of cores that none before them belongs to first. */
    static List<Integer> order(Path status, Path processors) {
        List<Integer> first = new ArrayList<>();
        List<Integer> siblings = new ArrayList<>();
        Set<Integer> taken = new TreeSet<>();
        for (int processor : allowed(status)) {
            (taken.contains(processor) ? siblings : first).add(processor);
            taken.addAll(list(read(processors.resolve("cpu" + processor + "/topology/thread_siblings_list"))));
        }
        first.addAll(siblings);
        return first;
    }

    private static Set<Integer> allowed(Path status) {
        String allowed = read(status)
                .lines()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .findFirst()
                .orElse("");
        Set<Integer> numbers = list(allowed.substring(allowed.indexOf(':') + 1));
        if (numbers.isEmpty()) {
            for (int number = 0; number < Runtime.getRuntime().availableProcessors(); number++) {
                numbers.add(number);
            }
        }
        return numbers;
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads Linux's lists, such as {@code 0-2,5}. */
    private static Set<Integer> list(String text) {
        Set<Integer> numbers = new LinkedHashSet<>();
        for (String range : text.isBlank() ? new String[0] : text.strip().split(",")) {
            String[] ends = range.split("-");
            for (int number = Integer.parseInt(ends[0]); number <= Integer.parseInt(ends[ends.length - 1]); number++) {
                numbers.add(number);
            }
        }
        return numbers;
    }
}
