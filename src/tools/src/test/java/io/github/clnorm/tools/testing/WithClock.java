package io.github.clnorm.tools.testing;

import io.github.clnorm.internal.timing.FakeClock;
import io.github.clnorm.tools.Main;
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.tools.terminal.Interruption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The command line in its own process, with a clock that advances at each reading. The clock can stop at a reading
 * until Ctrl-C has arrived, so that a signal reaches the command at a known point.
 */
public final class WithClock {

    private WithClock() {}

    /**
     * Runs a command.
     *
     * @param words nanoseconds per reading; when the clock stops: a file that must exist, or a number of readings, or
     *     empty for never; a file that is created when it has stopped; then the command line
     */
    public static void main(String[] words) {
        FakeClock clock = new FakeClock(Long.parseLong(words[0]));
        CommandClock.use(words[1].isEmpty() ? clock : new Stopping(clock, words[1], Path.of(words[2])));
        Main.main(Arrays.copyOfRange(words, 3, words.length));
    }

    /** The process, not started. */
    public static ProcessBuilder process(
            long step, String stopsAt, Path stopped, List<String> options, Object... words) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.library.path=" + System.getProperty("java.library.path")));
        command.addAll(options);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                WithClock.class.getName(),
                Long.toString(step),
                stopsAt,
                stopped.toString()));
        Arrays.stream(words).map(Object::toString).forEach(command::add);
        return new ProcessBuilder(command);
    }

    /** Sends Ctrl-C as soon as the clock has stopped, and waits for the end. */
    public static int interrupt(Process process, Path stopped) throws IOException, InterruptedException {
        while (process.isAlive() && !Files.exists(stopped)) {
            Thread.sleep(5);
        }
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        return process.waitFor();
    }

    /** Stops once, until the command has received the signal. */
    private static final class Stopping implements LongSupplier {
        private final LongSupplier clock;
        private final String at;
        private final Path stopped;
        private long readings;
        private boolean done;

        Stopping(LongSupplier clock, String at, Path stopped) {
            this.clock = clock;
            this.at = at;
            this.stopped = stopped;
        }

        @Override
        public long getAsLong() {
            readings++;
            if (!done && isReached()) {
                done = true;
                try {
                    Files.createFile(stopped);
                    while (!isInterrupted()) {
                        Thread.sleep(5);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return clock.getAsLong();
        }

        private boolean isReached() {
            return at.chars().allMatch(Character::isDigit) ? readings >= Long.parseLong(at) : Files.exists(Path.of(at));
        }

        /** Whether the shutdown hook of {@link Interruption} is waiting for the results. */
        private static boolean isInterrupted() {
            return Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(thread ->
                            thread.getName().equals("interruption") && thread.getState() == Thread.State.TIMED_WAITING);
        }
    }
}
