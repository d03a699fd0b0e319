package io.github.clnorm.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * The load of the machine at one time, from Linux. Zeros where a file is missing.
 *
 * @param average the first three numbers of {@code /proc/loadavg}
 * @param processors of the machine
 * @param busy processor time of all programs since the machine started, in {@code /proc/stat}'s ticks
 * @param own the part of it that this process and its ended children had
 * @param idle processor time without work, in the same ticks
 */
record Load(String average, int processors, long busy, long own, long idle) {

    /** More processors than this on average, taken by other programs, make times unreliable. */
    private static final double TOLERATED = 0.1;

    /** A load average above this before a run means that other programs run. */
    private static final double IDLE = 0.3;

    private static final int STEAL = 7;

    static Load now() throws IOException {
        String average = read("/proc/loadavg");
        return of(average, read("/proc/stat"), read("/proc/self/stat"));
    }

    private static String read(String file) throws IOException {
        Path path = Path.of(file);
        return Files.exists(path) ? Files.readString(path) : "";
    }

    /** From the content of {@code /proc/loadavg}, {@code /proc/stat} and {@code /proc/self/stat}. */
    static Load of(String loadAverage, String stat, String selfStat) {
        String[] averages = loadAverage.strip().split(" ");
        String average = averages.length < 3 ? "unknown" : String.join(" ", Arrays.copyOf(averages, 3));
        long[] all = stat.lines()
                .filter(line -> line.startsWith("cpu "))
                .flatMapToLong(line ->
                        Arrays.stream(line.substring(4).strip().split(" ")).mapToLong(Long::parseLong))
                .toArray();
        long idle = 0;
        long busy = 0;
        // user nice system idle iowait irq softirq steal; the two after them are parts of user and nice.
        for (int i = 0; i < Math.min(all.length, STEAL + 1); i++) {
            boolean waits = i == 3 || i == 4;
            idle += waits ? all[i] : 0;
            busy += waits ? 0 : all[i];
        }
        // The name in brackets may have spaces. After it: state, and ten others before utime stime cutime cstime.
        String[] self =
                selfStat.substring(selfStat.lastIndexOf(')') + 1).strip().split(" ");
        long own = 0;
        for (int i = 11; i <= 14 && self.length > 14; i++) {
            own += Long.parseLong(self[i]);
        }
        int processors =
                (int) stat.lines().filter(line -> line.matches("cpu\\d.*")).count();
        return new Load(average, processors, busy, own, idle);
    }

    /** How many processors other programs took on average since an earlier time. */
    double ofOthersSince(Load before) {
        long passed = busy - before.busy + idle - before.idle;
        long others = busy - before.busy - (own - before.own);
        return passed <= 0 ? 0 : Math.max(0, (double) others / passed * processors);
    }

    /** A warning if other programs ran before a run began; null if the machine was idle. */
    String warning() {
        double lastMinute = average.equals("unknown") ? 0 : Double.parseDouble(average.split(" ")[0]);
        return lastMinute <= IDLE
                ? null
                : "the machine is not idle (load average " + average + "): times and ratios are unreliable";
    }

    /**
     * A line for the table: the averages before and after, and a warning if other programs ran meanwhile. The averages of
     * a later table include the program itself, so they are no reason to warn.
     */
    String summary(Load before) {
        double others = ofOthersSince(before);
        return String.format(
                Locale.ROOT,
                "load average before: %s, after: %s; other programs took %.2f processors%s",
                before.average,
                average,
                others,
                others > TOLERATED ? "\nWARNING: the machine was not idle: times and ratios are unreliable" : "");
    }
}
