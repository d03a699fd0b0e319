import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The errors of finished runs, in a file that the next start reads. Thread-safe. */
final class Results {

    private final Path file;
    private final Map<Run, Double> errors = new HashMap<>();

    /**
     * Reads the file, or makes it.
     *
     * @param origin what all results of the file have in common: they must not be mixed with others
     */
    Results(Path file, String origin) {
        this.file = file;
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            if (!Files.exists(file)) {
                Files.writeString(file, origin + "\n");
            }
            List<String> lines = Files.readAllLines(file);
            if (lines.isEmpty() || !lines.get(0).equals(origin)) {
                throw new IllegalStateException(
                        file + " has results of other settings or of another device. Delete it, or"
                                + " name another folder");
            }
            for (String line : lines.subList(1, lines.size())) {
                String[] parts = line.split(",");
                Run run = new Run(Method.valueOf(parts[0]), Integer.parseInt(parts[1]), Long.parseLong(parts[2]));
                errors.put(run, Double.parseDouble(parts[3]));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized void add(Run run, double error) {
        errors.put(run, error);
        String line = run.method() + "," + run.batch() + "," + run.seed() + "," + error + "\n";
        try {
            Files.writeString(file, line, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized boolean has(Run run) {
        return errors.containsKey(run);
    }

    /** Of all seeds with a result. */
    synchronized Sample sample(Method method, int batch) {
        return Sample.of(errors.entrySet().stream()
                .filter(entry ->
                        entry.getKey().method() == method && entry.getKey().batch() == batch)
                .sorted((a, b) -> Long.compare(a.getKey().seed(), b.getKey().seed()))
                .mapToDouble(Map.Entry::getValue)
                .toArray());
    }
}
