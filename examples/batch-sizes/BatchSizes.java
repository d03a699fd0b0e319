import io.github.clnorm.Backend;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The claim of Wu and He (2018) in small: GroupNorm keeps its error at batch sizes at which BatchNorm loses it. Trains a
 * small convolutional network to read letters, with five kinds of normalization, at batch sizes from 32 to 2, from five
 * seeds each, and writes the errors as tables and charts.
 *
 * <p>The normalization layers are clnorm's and work on the device, forward and backward. All else is plain Java. On one
 * device all runs print the same errors.
 *
 * <p>Stops after 10 minutes. The next start continues: finished trainings are in {@code results.csv}. Run from the top
 * of the project, which {@code ./clnorm devices} builds:
 *
 * <pre>
 * javac -cp 'target/clnorm.jar:target/lib/*' -d target/batch-sizes examples/batch-sizes/*.java \
 *     && java -cp 'target/batch-sizes:target/clnorm.jar:target/lib/*' BatchSizes
 * </pre>
 *
 * <p>The argument is the folder of the results, target/batch-sizes unless given.
 */
public final class BatchSizes {

    private static final Duration LIMIT = Duration.ofMinutes(10);

    private BatchSizes() {}

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments.length > 0 ? arguments[0] : "target/batch-sizes");
        try (Backend backend = Backend.open()) {
            System.out.print(run(backend, folder, Settings.USUAL, Plan.SEEDS, LIMIT, System.err));
        }
    }

    /**
     * Trains on few images, which takes seconds and shows nothing but that the program works.
     *
     * @param limit no training begins that would probably end later
     * @param log receives the progress and the tables
     */
    public static void tryOut(Backend backend, Path folder, int images, Duration limit, PrintStream log)
            throws IOException {
        log.print(run(backend, folder, new Settings(images, images), 1, limit, log));
    }

    /** Makes the missing runs, writes the page, and returns what to print. */
    private static String run(
            Backend backend, Path folder, Settings settings, int seeds, Duration limit, PrintStream log)
            throws IOException {
        Results results = new Results(
                folder.resolve("results.csv"),
                settings + " on " + backend.device().name());
        List<Run> runs = Plan.runs(seeds);
        List<Run> missing = runs.stream().filter(run -> !results.has(run)).toList();
        Progress progress = new Progress(runs.size(), missing.size(), limit, log);
        Experiment.make(missing, backend, settings, progress::mayStart, (run, error) -> {
            results.add(run, error);
            progress.finished(run, error);
        });
        progress.end();
        Page page = new Page(results);
        page.write(folder);
        String rest = runs.stream().allMatch(results::has)
                ? ""
                : "The time is over. Run the same command again for the rest.\n";
        return page.tables() + "\nThe charts are in " + folder.resolve("page.md") + "\n" + rest;
    }

    /**
     * The errors in percent of some of the trainings: from the first seeds.
     *
     * @param method a name of {@link Method}
     */
    public static double[] errors(Backend backend, String method, int batch, int seeds) {
        List<Run> runs = new ArrayList<>();
        for (long seed = 1; seed <= seeds; seed++) {
            runs.add(new Run(Method.valueOf(method), batch, seed));
        }
        Map<Run, Double> errors = new ConcurrentHashMap<>();
        Experiment.make(runs, backend, Settings.USUAL, () -> true, errors::put);
        return runs.stream().mapToDouble(errors::get).toArray();
    }
}
