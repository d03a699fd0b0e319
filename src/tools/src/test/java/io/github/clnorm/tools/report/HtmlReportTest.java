package io.github.clnorm.tools.report;

import static io.github.clnorm.tools.testing.BenchDocument.HOSTILE;
import static io.github.clnorm.tools.testing.SavedRuns.BACKWARD;
import static io.github.clnorm.tools.testing.SavedRuns.FORWARD;
import static io.github.clnorm.tools.testing.SavedRuns.ROWS;
import static io.github.clnorm.tools.testing.SavedRuns.device;
import static io.github.clnorm.tools.testing.SavedRuns.row;
import static io.github.clnorm.tools.testing.SavedRuns.run;
import static io.github.clnorm.tools.testing.SavedRuns.without;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.tools.comparison.Baseline;
import io.github.clnorm.tools.comparison.Comparison;
import io.github.clnorm.tools.comparison.Metric;
import io.github.clnorm.tools.comparison.SavedRun;
import io.github.clnorm.tools.comparison.View;
import io.github.clnorm.tools.measure.RowStatus;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page's text. Another test opens it in a browser. */
class HtmlReportTest {

    private static String page(SavedRun... runs) {
        return HtmlReport.text(new View(Comparison.of(List.of(runs)), Metric.US, Optional.empty()));
    }

    private static String headline(SavedRun... runs) {
        return new Summary(new View(Comparison.of(List.of(runs)), Metric.US, Optional.empty())).headline();
    }

    @Test
    void aPersonUnderstandsItInTenSeconds() {
        String page = page(
                run("a.json", device("H200", row(FORWARD, 100), row(BACKWARD, 150), row(ROWS, 10))),
                run("b.json", device("Xeon", row(FORWARD, 400), row(BACKWARD, 600))));
        assertTrue(page.contains("<title>clnorm on 2 devices</title>"));
        assertTrue(page.contains(
                "H200 is the fastest: 4.00 times as fast as Xeon in the geometric mean of 2 passes that both"));
        assertTrue(page.contains("errors within their bound in all of 3 passes"));
        assertTrue(page.contains("fastest in 2 of 2 passes"));
    }

    @Test
    void headlinesAreTrue() {
        assertEquals(
                "H200 normalizes at 50% forward and 75% backward of the rate of its own best copy.",
                headline(run("a.json", device("H200", row(FORWARD, 2000), row(BACKWARD, 2000)))));
        assertEquals(
                "H200 normalizes at 75% backward of the rate of its own best copy.",
                headline(run("a.json", device("H200", row(BACKWARD, 2000)))));
        assertEquals(
                "H200 is the fastest: 2.00 times as fast as Xeon in the one pass that both have.",
                headline(run("a.json", device("Xeon", row(FORWARD, 20)), device("H200", row(FORWARD, 10)))));
        assertEquals(
                "H200 and Xeon are about equally fast in the one pass that both have (1.02).",
                headline(run("a.json", device("Xeon", row(FORWARD, 102)), device("H200", row(FORWARD, 100)))));
        assertEquals(
                "No two of these runs have a pass in common.",
                headline(run("a.json", device("Xeon", row(FORWARD, 20)), device("H200", row(BACKWARD, 10)))));
    }

    @Test
    void whereNotAllHaveAPassInCommonMostOfThemAreCompared() {
        SavedRun run = run(
                "a.json",
                device("H200", row(FORWARD, 10), row(BACKWARD, 20)),
                device("Xeon", row(FORWARD, 20), row(BACKWARD, 40)),
                device("Other", row(ROWS, 1)));
        assertEquals(
                "H200 is the fastest: 2.00 times as fast as Xeon in the geometric mean of 2 passes that A, B have.",
                headline(run));
        assertTrue(page(run).contains("1 row that A, B have"));
    }

    @Test
    void whatFailsAgainstABaselineIsNoGoodNews() {
        SavedRun before = run("before.json", device("H200", row(FORWARD, 100)));
        SavedRun after = run("after.json", device("H200", without(FORWARD, RowStatus.ERROR, "CL_OUT_OF_RESOURCES")));
        Comparison comparison = Comparison.of(List.of(before, after));
        assertEquals(
                "H200 · after has no figures to hold against the baseline, H200 · before. Of its other rows, some that the"
                        + " baseline has now fail.",
                new Summary(new View(comparison, Metric.US, Optional.of(new Baseline(comparison, before)))).headline());
    }

    @Test
    void aBaselineIsNamed() {
        SavedRun before = run("before.json", device("H200", row(FORWARD, 100), row(BACKWARD, 100), row(ROWS, 100)));
        SavedRun after = run("after.json", device("H200", row(FORWARD, 50), row(BACKWARD, 100), row(ROWS, 100)));
        Comparison comparison = Comparison.of(List.of(before, after));
        View view = new View(comparison, Metric.US, Optional.of(new Baseline(comparison, before)));
        assertEquals(
                "H200 · after is 1.26 times as fast as the baseline, H200 · before, in the geometric mean of 3 passes: "
                        + "beyond the noise 1 faster, 0 slower.",
                new Summary(view).headline());
        String page = HtmlReport.text(view);
        assertTrue(page.contains("before.json, 2026-11-21T10:00:00Z, the baseline"));
        assertTrue(page.contains("<title>clnorm on H200, 2 results</title>"));
    }

    @Test
    void aCardCountsThePassesThatItsDeviceTookPartIn() {
        List<Summary.Card> cards = new Summary(new View(
                        Comparison.of(List.of(run(
                                "a.json",
                                device("A", row(FORWARD, 10), row(BACKWARD, 10), row(ROWS, 10)),
                                device("B", row(FORWARD, 20), row(BACKWARD, 20)),
                                device("C", row(FORWARD, 5))))),
                        Metric.US,
                        Optional.empty()))
                .cards();
        assertEquals(
                List.of("fastest in 1 of 2 passes", "fastest in 0 of 2 passes", "fastest in 1 of 1 pass"),
                cards.stream().map(Summary.Card::best).toList());
    }

    @Test
    void nothingMeasuredIsSaid() {
        assertTrue(page(run("a.json")).contains("Nothing was measured."));
        String page = page(run("a.json", device("H200", without(FORWARD, RowStatus.ERROR, "CL_OUT_OF_RESOURCES"))));
        assertTrue(page.contains("Nothing was measured."));
        assertTrue(page.contains("error: CL_OUT_OF_RESOURCES"));
        assertFalse(page.contains("that all have"));
    }

    @Test
    void namesAreText() throws IOException {
        String page = page(
                run(HOSTILE, device(HOSTILE, HOSTILE, row(FORWARD, 100), without(ROWS, RowStatus.ERROR, HOSTILE))));
        String plain = page(run("a.json", device("H200", row(FORWARD, 100))));
        assertEquals(count("<script", plain), count("<script", page));
        assertEquals(count("</script", plain), count("</script", page));
        assertFalse(page.contains("<img"), "no element of the name's");
        assertFalse(page.contains("<!--"), "no comment");
        Matcher data = Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL)
                .matcher(page);
        assertTrue(data.find());
        JsonNode root = new ObjectMapper().readTree(data.group(1));
        assertTrue(root.get("columns").get(0).get("label").asText().startsWith("</script><script>alert(1)"));
    }

    private static int count(String part, String text) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }

    @Test
    void nothingIsLoaded() {
        String page = page(run("a.json", device("H200", row(FORWARD, 100))));
        String ours = page.replaceAll("(?s)<script>.*?</script>", "").replaceAll("(?s)<pre>.*?</pre>", "");
        assertFalse(ours.matches("(?s).*(https?:|src=|href=|url\\(|@import).*"), "an address");
        assertTrue(page.contains("default-src 'none'"));
        assertTrue(page.length() < 600_000, page.length() + " characters");
    }
}
