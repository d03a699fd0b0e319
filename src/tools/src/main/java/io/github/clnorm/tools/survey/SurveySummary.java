package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clnorm.tools.comparison.FigureText;
import io.github.clnorm.tools.terminal.MessageText;
import io.github.clnorm.tools.terminal.TextTable;
import java.util.List;

/** A survey for its reader: the ends of the stages, and a line of means for each suite, pass, type and layout. */
final class SurveySummary {

    private SurveySummary() {}

    /**
     * The text.
     *
     * @param document the finished document, as it was written
     * @param lines the means
     */
    static String of(JsonNode document, List<Ratios.Line> lines) {
        StringBuilder text = new StringBuilder();
        JsonNode device = document.get("device");
        if (!device.isNull()) {
            text.append(device.get("name").asText())
                    .append(" (")
                    .append(device.get("platform").asText())
                    .append(", driver ")
                    .append(device.get("driver").asText())
                    .append(")\n");
        }
        TextTable stages = new TextTable("stage", "result", "seconds", "");
        for (JsonNode stage : document.get("stages")) {
            stages.row(
                    stage.get("name").asText(),
                    stage.get("status").asText(),
                    stage.get("seconds").asText(),
                    stage.get("reason").asText());
        }
        text.append(stages);
        if (!lines.isEmpty()) {
            text.append('\n').append(means(lines));
            JsonNode pytorch = document.path("pytorch");
            text.append(
                    pytorch.path("problem").isTextual()
                            ? "PyTorch: "
                                    + MessageText.oneLine(pytorch.get("problem").asText()) + "\n"
                            : "eager, compiled: PyTorch "
                                    + pytorch.path("torch").asText()
                                    + "'s time over clnorm's; above 1, clnorm is faster. In parentheses: the device's"
                                    + " own times.\n");
        }
        JsonNode predicted = document.path("predictions").path("measured_over_predicted");
        if (predicted.isNumber()) {
            text.append("measured over predicted time: ")
                    .append(FigureText.ratio(predicted.asDouble()))
                    .append(" in the geometric mean\n");
        }
        return text.toString();
    }

    private static TextTable means(List<Ratios.Line> lines) {
        TextTable table = new TextTable(
                "suite", "pass", "type", "layout", "passes", "share of copy", "tuning gain", "eager", "compiled");
        for (Ratios.Line line : lines) {
            table.row(
                    line.suite(),
                    line.direction().toString(),
                    line.dtype(),
                    line.layout(),
                    Integer.toString(line.rows()),
                    FigureText.percent(line.share().mean()),
                    line.gain().rows() == 0 ? "-" : FigureText.ratio(line.gain().mean()),
                    both(line.eager(), line.eagerOnDevice()),
                    both(line.compiled(), line.compiledOnDevice()));
        }
        return table;
    }

    private static String both(Ratios.Mean whole, Ratios.Mean onDevice) {
        return whole.rows() == 0
                ? "-"
                : FigureText.ratio(whole.mean())
                        + (onDevice.rows() == 0 ? "" : " (" + FigureText.ratio(onDevice.mean()) + ")");
    }
}
