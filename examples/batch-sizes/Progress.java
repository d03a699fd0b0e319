import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** A line that says how far the runs are, and when no more may start. Thread-safe. */
final class Progress {

    private final int total;
    private final Duration limit;
    private final PrintStream log;
    private final long started = System.nanoTime();
    private int finished;
    private int finishedHere;

    /** Some of the runs may be done already. */
    Progress(int total, int missing, Duration limit, PrintStream log) {
        this.total = total;
        this.limit = limit;
        this.log = log;
        this.finished = total - missing;
        log.printf("%d of %d trainings are done%n", finished, total);
    }

    /** Whether another run will probably end within the limit: it may take twice as long as one has so far. */
    synchronized boolean mayStart() {
        Duration passed = passed();
        long threads = Runtime.getRuntime().availableProcessors();
        Duration each =
                finishedHere == 0 ? Duration.ZERO : passed.multipliedBy(threads).dividedBy(finishedHere);
        return passed.plus(each.multipliedBy(2)).compareTo(limit) < 0;
    }

    synchronized void finished(Run run, double error) {
        finished++;
        finishedHere++;
        String text = String.format(
                Locale.ROOT,
                "%d of %d, %d:%02d of at most %d minutes: %s at batch size %d has %.1f %% errors",
                finished,
                total,
                passed().toMinutes(),
                passed().toSecondsPart(),
                limit.toMinutes(),
                run.method().title(),
                run.batch(),
                error);
        // On a terminal one line, which is written again.
        log.print(System.console() != null ? "\r" + text + "\u001b[K" : text + "\n");
    }

    synchronized void end() {
        if (System.console() != null && finishedHere > 0) {
            log.println();
        }
    }

    private Duration passed() {
        return Duration.ofNanos(System.nanoTime() - started);
    }
}
