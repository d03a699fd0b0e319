package io.github.clnorm.tools.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.tools.Main;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.BenchDocument;
import io.github.clnorm.tools.testing.CommandLineFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The interface of {@code clnorm compare} for scripts. */
class CompareCommandTest extends CommandLineFixture {

    private static final String GROUP_NORM = "group_norm 2x320x64x64 G=32";
    private static final String LAYER_NORM = "layer_norm 4096x768";

    private Path before;
    private Path after;

    private static BenchDocument document() {
        return new BenchDocument()
                .device("H200")
                .row(GROUP_NORM, "forward", 100)
                .row(GROUP_NORM, "backward", 200)
                .row(LAYER_NORM, "forward", 50);
    }

    @BeforeEach
    void writeResults() throws IOException {
        before = document().write(folder.resolve("before.json"));
        after = new BenchDocument()
                .device("H200")
                .row(GROUP_NORM, "forward", 150)
                .row(GROUP_NORM, "backward", 90)
                .without(LAYER_NORM, "forward", "unsupported", "no such type")
                .write(folder.resolve("after.json"));
    }

    private String line(String... words) {
        return out.lines()
                .filter(line -> Stream.of(words).allMatch(line::contains))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no line with " + String.join(", ", words) + " in\n" + out));
    }

    private static String[] cells(String line) {
        return line.strip().split(" {2,}");
    }

    @Test
    void runsSideBySide() {
        assertEquals(ExitCode.DONE, execute("compare", before, after), err);
        assertEquals("", err);
        assertEquals("A", cells(line("H200", "before.json"))[0]);
        assertEquals("B", cells(line("H200", "after.json"))[0]);
        assertEquals("100 *", cells(line(GROUP_NORM, "forward"))[4]);
        assertEquals("150", cells(line(GROUP_NORM, "forward"))[5]);
        assertEquals("90.0 *", cells(line(GROUP_NORM, "backward"))[5]);
        assertEquals("50.0", cells(line(LAYER_NORM))[4], "nobody to win against");
        assertEquals("unsupported", cells(line(LAYER_NORM))[5]);
        assertEquals("100", cells(line("geometric mean of 1 row", "forward"))[2]);
        assertTrue(out.contains("B, 1 row unsupported: no such type."), out);
    }

    @ParameterizedTest
    @ValueSource(strings = {"us 100 150", "gb_per_s 200 133", "share 1000% 667%"})
    void cellsShowTheMetric(String expected) {
        String[] words = expected.split(" ");
        assertEquals(ExitCode.DONE, execute("compare", before, after, "--metric", words[0]), err);
        assertEquals(words[1] + " *", cells(line(GROUP_NORM, "forward"))[4]);
        assertEquals(words[2], cells(line(GROUP_NORM, "forward"))[5]);
    }

    @Test
    void aBaselineAddsRatios() {
        assertEquals(ExitCode.DONE, execute("compare", after, "--baseline", before), err);
        assertEquals("A", cells(line("H200", "before.json"))[0], "the baseline comes first");
        assertEquals("1.50 (1.23-1.83) slower", cells(line(GROUP_NORM, "forward"))[6]);
        assertEquals("0.45 (0.37-0.55) faster", cells(line(GROUP_NORM, "backward"))[6]);
        assertEquals("-", cells(line(LAYER_NORM))[6]);
        assertEquals("0.45", cells(line("geometric mean", "backward"))[4]);

        assertEquals(ExitCode.DONE, execute("compare", after, before, "--baseline", before), err);
        assertEquals("A", cells(line("H200", "after.json"))[0], "in the order given");
        assertTrue(line("workload", "pass").endsWith("A/B"), out);
    }

    @Test
    void whereEveryRowFailsTheyAreNamedToo() throws IOException {
        Path failing = new BenchDocument()
                .device("H200")
                .without(GROUP_NORM, "forward", "error", "CL_OUT_OF_RESOURCES")
                .write(folder.resolve("failing.json"));
        assertEquals(
                ExitCode.FAILURE, execute("compare", failing, "--baseline", before, "--fail-on-regression", "5"), err);
        assertTrue(err.contains("clnorm: regression: B, " + GROUP_NORM), err);
        assertTrue(out.contains("error"), "the table is there");
    }

    @Test
    void regressionsAreNamed() {
        assertEquals(
                ExitCode.FAILURE, execute("compare", after, "--baseline", before, "--fail-on-regression", "5"), err);
        assertEquals(
                """
                clnorm: regression: B, %s, float32, channels_first, forward: takes 1.50 (1.23-1.83) times as long
                clnorm: regression: B, %s, float32, forward: unsupported: no such type
                """
                        .formatted(GROUP_NORM, LAYER_NORM),
                err.replace("\r", ""));
        assertEquals(
                ExitCode.FAILURE, execute("compare", after, "--baseline", before, "--fail-on-regression", "30%"), err);
        assertEquals(1, err.lines().count(), "only what no longer runs");
        assertEquals(
                ExitCode.DONE,
                execute("compare", before, after, "--baseline", after, "--fail-on-regression", "150"),
                err);
    }

    @Test
    void whatSlowsAllRowsDownFailsByTheMean() throws IOException {
        BenchDocument first = new BenchDocument().device("H200");
        BenchDocument second = new BenchDocument().device("H200");
        for (int channels = 32; channels <= 320; channels += 32) {
            first.row("group_norm 2x" + channels + "x8x8 G=32", "backward", 100);
            second.row("group_norm 2x" + channels + "x8x8 G=32", "backward", 120);
        }
        Path base = first.write(folder.resolve("first.json"));
        Path slower = second.write(folder.resolve("second.json"));
        assertEquals(
                ExitCode.FAILURE, execute("compare", slower, "--baseline", base, "--fail-on-regression", "5"), out);
        assertEquals(
                "clnorm: regression: B, geometric mean of 10 rows, backward: takes 1.20 (1.13-1.28) times as long\n",
                lineFeeds(err));
        assertTrue(line("geometric mean").endsWith("1.20 (1.13-1.28) slower"), out);
        assertEquals(ExitCode.DONE, execute("compare", slower, "--baseline", base, "--fail-on-regression", "15"), err);
    }

    @Test
    void theSameRunAgainIsNoRegression() throws IOException {
        Path again = Files.copy(before, folder.resolve("again.json"));
        assertEquals(ExitCode.DONE, execute("compare", again, "--baseline", before, "--fail-on-regression", "0"), err);
        assertEquals("", err);
        assertEquals(ExitCode.WRONG_REQUEST, execute("compare", before, "--baseline", before));
        assertTrue(err.startsWith("clnorm: nothing to hold against the baseline before.json"), err);
    }

    @Test
    void pagesAndTables() throws IOException {
        Path html = folder.resolve("report.html");
        Path csv = folder.resolve("rows.csv");
        Path markdown = folder.resolve("table.md");
        assertEquals(
                ExitCode.DONE,
                execute("compare", before, after, "--html", html, "--csv", csv, "--markdown", markdown),
                err);
        assertTrue(Files.readString(html).startsWith("<!DOCTYPE html>"));
        assertEquals(1 + 6, Files.readAllLines(csv).size());
        assertTrue(Files.readString(markdown).contains("| **100** | 150 |"));
        assertTrue(out.contains(GROUP_NORM), "the table is there too");
    }

    @Test
    void noResultIsOverwritten() throws IOException {
        String content = Files.readString(before);
        for (String option : new String[] {"--html", "--csv", "--markdown"}) {
            assertEquals(ExitCode.WRONG_REQUEST, execute("compare", before, option, before));
            assertEquals("clnorm: " + option + " and the results are the same file: " + before + "\n", lineFeeds(err));
            assertEquals(ExitCode.WRONG_REQUEST, execute("compare", after, "--baseline", before, option, before));
        }
        assertEquals(ExitCode.WRONG_REQUEST, execute("compare", before, "--html", "x", "--csv", "./x"));
        assertEquals("clnorm: --csv and --html are the same file: ./x\n", lineFeeds(err));
        assertEquals(content, Files.readString(before));
    }

    /** In a process of its own, whose standard output is a file. */
    @Test
    void standardOutputIsNotReplaced() throws Exception {
        Path log = Files.writeString(folder.resolve("log.txt"), "precious\n");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "compare",
                        before.toString(),
                        "--csv",
                        "/dev/stdout",
                        "--markdown",
                        "/dev/stdout")
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertEquals(0, process.waitFor());
        String text = Files.readString(log);
        assertTrue(text.startsWith("precious\nsuite,workload,"), text);
        assertTrue(text.contains("|---|"), text);
        assertFalse(text.contains("* is the best of a row"), "in place of the table: " + text);
    }

    private static String lineFeeds(String text) {
        return text.replace("\r", "");
    }

    static Stream<Arguments> edited() {
        return Stream.of(
                edit("", "format 2 is not known: this clnorm reads format 1", root -> root.put("format", 2)),
                edit("format", "expected a whole number of at least 1, got \"1\"", root -> root.put("format", "1")),
                edit("", "it is of clnorm tune, expected one of clnorm bench --json", root -> root.put("kind", "tune")),
                edit("", "no document of clnorm bench --json", root -> root.remove("kind")),
                edit("devices", "expected a list, got nothing", root -> root.remove("devices")),
                edit("clnorm", "expected a text, got nothing", root -> root.remove("clnorm")),
                edit("interrupted", "expected true or false, got 1", root -> root.put("interrupted", 1)),
                edit("devices[0].name", "expected a text, got 7", root -> device(root)
                        .put("name", 7)),
                edit("devices[0].rows[0].us", "expected an object, got nothing", root -> row(root)
                        .remove("us")),
                edit(
                        "devices[0].rows[0].us.median",
                        "expected a number from 1.0E-9 to 1.0E12, got 0",
                        root -> ((ObjectNode) row(root).get("us")).put("median", 0)),
                edit(
                        "devices[0].rows[0].us.median",
                        "expected a number from 1.0E-9 to 1.0E12, got \"NaN\"",
                        root -> ((ObjectNode) row(root).get("us")).put("median", Double.NaN)),
                edit("devices[0].rows[0].us", "expected p10, median and p90 in rising order", root -> ((ObjectNode)
                                row(root).get("us"))
                        .put("p10", 101)),
                edit(
                        "devices[0].rows[0].share",
                        "expected a number from 1.0E-9 to 1.0E12, got 1.0E308",
                        root -> row(root).put("share", 1e308)),
                edit("devices[0].rows[0].bytes", "expected a whole number of at least 1, got 0", root -> row(root)
                        .put("bytes", 0)),
                edit(
                        "devices[0].rows[0].us.samples",
                        "expected a whole number of at least 1, got 0",
                        root -> ((ObjectNode) row(root).get("us")).put("samples", 0)),
                edit("devices[0].rows[0].workload", "expected a name, got \" \"", root -> row(root)
                        .put("workload", " ")),
                edit("devices[0].rows[0].share", "expected a number from 1.0E-9 to 1.0E12, got -1", root -> row(root)
                        .put("share", -1)),
                edit(
                        "devices[0].rows[0].status",
                        "expected ok or unsupported or skipped or error, got \"fine\"",
                        root -> row(root).put("status", "fine")),
                edit("devices[0].rows[0].direction", "expected forward or backward, got \"sideways\"", root -> row(root)
                        .put("direction", "sideways")),
                edit(
                        "devices[0].rows[1]",
                        GROUP_NORM + ", float32, channels_first, forward is there twice",
                        root -> ((ObjectNode) device(root).get("rows").get(1)).put("direction", "forward")),
                edit("devices[0].rows[0].heuristic.us", "expected an object, got nothing", root -> ((ObjectNode)
                                row(root).get("heuristic"))
                        .remove("us")));
    }

    private static Arguments edit(String place, String complaint, Consumer<ObjectNode> edit) {
        return Arguments.of((place.isEmpty() ? "" : place + ": ") + complaint, edit);
    }

    private static ObjectNode device(ObjectNode root) {
        return (ObjectNode) root.get("devices").get(0);
    }

    private static ObjectNode row(ObjectNode root) {
        return (ObjectNode) device(root).get("rows").get(0);
    }

    @ParameterizedTest
    @MethodSource("edited")
    void whatSomebodyEditedIsRefused(String complaint, Consumer<ObjectNode> edit) throws IOException {
        BenchDocument document = document();
        edit.accept(document.root());
        Path file = document.write(folder.resolve("edited.json"));
        Path html = folder.resolve("report.html");
        assertEquals(ExitCode.WRONG_REQUEST, execute("compare", before, file, "--html", html));
        assertEquals("", out);
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.startsWith("clnorm: " + file + ": " + complaint), err);
        assertFalse(Files.exists(html));
    }

    @Test
    void whatIsTruncatedIsRefused() throws IOException {
        String whole = Files.readString(before);
        for (int length = 0; length < whole.strip().length(); length += 97) {
            Path file = Files.writeString(folder.resolve("part.json"), whole.substring(0, length));
            assertEquals(ExitCode.WRONG_REQUEST, execute("compare", file), "the first " + length + " characters");
            assertEquals(1, err.lines().count(), err);
            assertTrue(err.startsWith("clnorm: " + file + ": no "), err);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "7", "null", "{}", "{\"format\": 1, \"format\": 1}", "{} {}", "\u0000", "\ufeff{"})
    void whatIsNoDocumentIsRefused(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("none.json"), text);
        assertEquals(ExitCode.WRONG_REQUEST, execute("compare", file));
        assertEquals("", out);
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.startsWith("clnorm: " + file + ": no "), err);
    }

    @Test
    void deepNestingIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("deep.json"), "[".repeat(100_000));
        assertEquals(ExitCode.WRONG_REQUEST, execute("compare", file));
        assertEquals(1, err.lines().count(), err);
    }

    @Test
    void filesThatAreNotThere() {
        assertEquals(ExitCode.WRONG_REQUEST, execute("compare", before, folder.resolve("none.json")));
        assertEquals("clnorm: " + folder.resolve("none.json") + ": no such file\n", lineFeeds(err));
        assertEquals(ExitCode.WRONG_REQUEST, execute("compare", folder));
        assertTrue(err.contains("is a directory"), err);
        assertEquals(ExitCode.WRONG_REQUEST, execute("compare", "/"));
        assertEquals("clnorm: /: is a directory, expected a file of clnorm bench --json\n", lineFeeds(err));
    }

    @Test
    void whatIsNoTextOrHasNoEndIsRefused() throws IOException {
        Path latin = Files.write(folder.resolve("latin.json"), new byte[] {'{', '"', (byte) 0xe4, '"', ':', '1', '}'});
        assertEquals(ExitCode.WRONG_REQUEST, execute("compare", latin));
        assertTrue(err.startsWith("clnorm: " + latin + ": no "), err);
        assertEquals(1, err.lines().count(), err);
        assertEquals(ExitCode.WRONG_REQUEST, execute("compare", "/dev/zero"));
        assertEquals(
                "clnorm: /dev/zero: too large for a file of clnorm bench --json: more than 64 MiB\n", lineFeeds(err));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--fail-on-regression=5", "--metric=speed", "--html=", "--csv=-"})
    void wrongRequests(String option) {
        int code = option.isEmpty() ? execute("compare") : execute("compare", before, option);
        assertEquals(ExitCode.WRONG_REQUEST, code);
        assertEquals("", out);
        assertEquals(1, err.lines().count(), err);
    }

    @ParameterizedTest
    @ValueSource(strings = {"much", "-5", "NaN", "1e3", "", "5%%"})
    void wrongPercentages(String percent) {
        assertEquals(
                ExitCode.WRONG_REQUEST,
                execute("compare", after, "--baseline", before, "--fail-on-regression=" + percent));
        assertEquals(1, err.lines().count(), err);
    }

    @Test
    void otherVersionsAndKernelsAreWarnedOf() throws IOException {
        BenchDocument other = document();
        other.root().put("clnorm", "9.9").put("kernels", "fedcba");
        Path file = other.write(folder.resolve("other.json"));
        assertEquals(ExitCode.DONE, execute("compare", before, file));
        assertEquals(
                """
                clnorm: other.json was measured by clnorm 9.9, before.json by 0.1.0
                clnorm: other.json was measured with other kernels than before.json: fedcba and 0123456789abcdef
                """,
                lineFeeds(err));
    }

    @Test
    void hostileNamesStayInTheirLine() throws IOException {
        Path file = new BenchDocument()
                .device("evil\n\u001b[31mname\u202eLONE")
                .row(GROUP_NORM, "forward", 100)
                .without(LAYER_NORM, "forward", "error", "two\nlines\u001b]0;title\u0007")
                .write(folder.resolve("hostile.json"));
        // An unpaired surrogate, which only an escape sequence can express.
        Files.writeString(file, Files.readString(file).replace("LONE", "\\ud800"));
        Path html = folder.resolve("hostile.html");
        assertEquals(ExitCode.DONE, execute("compare", file, "--html", html), err);
        assertFalse(Files.readString(html).contains("\u202e"));
        assertFalse(out.contains("\u001b") || out.contains("\u0007") || out.contains("\u202e"), out);
        assertTrue(line("evil", "[31mname").startsWith("A"), out);
        assertTrue(out.contains("A, 1 row error: two lines"), out);
    }

    @Test
    void olderDocumentsDoNotSayWhatHeuristicsDo() throws IOException {
        BenchDocument older = document();
        older.root().get("devices").get(0).get("rows").forEach(row -> ((ObjectNode) row).remove("heuristic"));
        assertEquals(ExitCode.DONE, execute("compare", older.write(folder.resolve("older.json"))), err);
    }
}
