package io.github.clnorm.tools.cluster;

import io.github.clnorm.tools.comparison.Comparison;
import io.github.clnorm.tools.comparison.Metric;
import io.github.clnorm.tools.comparison.SavedBench;
import io.github.clnorm.tools.comparison.SavedRun;
import io.github.clnorm.tools.comparison.View;
import io.github.clnorm.tools.report.HtmlReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The page of {@code clnorm compare --html} for the machines of a cluster. */
public final class ClusterPage {

    private ClusterPage() {}

    /**
     * The page.
     *
     * @param documents of {@code clnorm bench --json} by their names, at least one
     * @param remarks sentences that come first among the warnings
     * @return HTML
     */
    public static String html(Map<String, String> documents, List<String> remarks) throws IOException {
        List<SavedRun> runs = new ArrayList<>();
        for (Map.Entry<String, String> document : documents.entrySet()) {
            runs.add(SavedBench.parse(document.getKey(), document.getValue()));
        }
        return HtmlReport.text(new View(Comparison.of(runs, remarks), Metric.GB_PER_S, Optional.empty()));
    }
}
