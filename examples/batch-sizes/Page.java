import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/** What the results say: a table as text, and a page with the table and two charts. */
final class Page {

    /** Those of {@link Plan#BY_GROUPS}. */
    private static final List<Integer> GROUPS = List.of(1, 2, 4, 8, 16, Network.CHANNELS);

    /** Colours that colour-blind readers can tell apart (Okabe and Ito). */
    private static final List<String> COLOURS = List.of("#d55e00", "#cc79a7", "#0072b2", "#009e73", "#e69f00");

    private final Results results;

    Page(Results results) {
        this.results = results;
    }

    /** The errors by batch size and by the number of groups, as tables of Markdown. */
    String tables() {
        StringBuilder text = new StringBuilder();
        addHeading(text, "error in % at batch size", Plan.BATCHES);
        for (Method method : Plan.BY_BATCH) {
            addRow(text, method.title(), byBatch(method));
            if (method == Method.BATCH) {
                addRow(text, Method.REMEASURED.title(), byBatch(Method.REMEASURED));
            }
        }
        text.append('\n');
        addHeading(text, "number of groups", GROUPS);
        addRow(text, "error in % at batch size " + Settings.USUAL_BATCH, byGroups());
        return text.toString();
    }

    /** Writes page.md, batch-sizes.svg and groups.svg. */
    void write(Path folder) throws IOException {
        Chart batches = new Chart("Test error by batch size", "batch size", texts(Plan.BATCHES));
        for (Method method : Plan.BY_BATCH) {
            batches.line(method.title(), colour(method), byBatch(method));
        }
        Files.writeString(folder.resolve("batch-sizes.svg"), batches.svg());
        Chart groups = new Chart(
                "Test error of GroupNorm at batch size " + Settings.USUAL_BATCH,
                "number of groups: 1 is LayerNorm, " + Network.CHANNELS + " is InstanceNorm",
                texts(GROUPS));
        groups.line(Method.GROUP.title(), colour(Method.GROUP), byGroups());
        Files.writeString(folder.resolve("groups.svg"), groups.svg());
        String page = "# Errors by batch size and by number of groups\n\n" + tables()
                + "\n![Test error by batch size](batch-sizes.svg)\n"
                + "\n![Test error by number of groups](groups.svg)\n";
        Files.writeString(folder.resolve("page.md"), page);
    }

    private static String colour(Method method) {
        return COLOURS.get(Plan.BY_BATCH.indexOf(method));
    }

    private List<Sample> byBatch(Method method) {
        return Plan.BATCHES.stream().map(batch -> results.sample(method, batch)).toList();
    }

    private List<Sample> byGroups() {
        return Plan.BY_GROUPS.stream()
                .map(method -> results.sample(method, Settings.USUAL_BATCH))
                .toList();
    }

    private static void addHeading(StringBuilder text, String first, List<Integer> others) {
        addRow(text, first, others);
        addRow(text, "---", Collections.nCopies(others.size(), "---"));
    }

    private static void addRow(StringBuilder text, String first, List<?> others) {
        text.append("| ").append(first).append(" | ");
        text.append(String.join(" | ", texts(others))).append(" |\n");
    }

    private static List<String> texts(List<?> values) {
        return values.stream().map(String::valueOf).toList();
    }
}
