package io.github.clnorm.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Linux's transparent huge pages: who gets them, and how many this process has. */
final class HugePages {

    private static final Path ENABLED = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    private static final Path MEMORY = Path.of("/proc/self/smaps_rollup");
    private static final Pattern CHOSEN = Pattern.compile("\\[(\\w+)]");
    private static final Pattern ANONYMOUS = Pattern.compile("(?m)^AnonHugePages:\\s+(\\d+) kB");

    private HugePages() {}

    /** The kernel's mode: {@code always}, {@code madvise}, or {@code never}, also where there is no such kernel. */
    static String mode() {
        return found(ENABLED, CHOSEN, "never");
    }

    /** Whether a process that asks for huge pages gets some. */
    static boolean available() {
        return !mode().equals("never");
    }

    /** The memory of this process in huge pages, in MB; 0 if unknown. */
    static long ofThisProcess() {
        return Long.parseLong(found(MEMORY, ANONYMOUS, "0")) >> 10;
    }

    private static String found(Path file, Pattern pattern, String otherwise) {
        try {
            Matcher matcher = pattern.matcher(Files.exists(file) ? Files.readString(file) : "");
            return matcher.find() ? matcher.group(1) : otherwise;
        } catch (IOException e) {
            // Containers hide these files.
            return otherwise;
        }
    }
}
