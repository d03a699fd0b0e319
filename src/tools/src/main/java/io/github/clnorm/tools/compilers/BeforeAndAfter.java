package io.github.clnorm.tools.compilers;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Two runs as tables in Markdown: the kernels of float32 for one target of each family, and the violations of all types and
 * targets. A figure that differs has the one before and the one after. Reads what {@link KernelJson} writes.
 */
final class BeforeAndAfter {

    private static final List<Target> SHOWN = List.of(Target.GFX90A, Target.GFX1100, Target.SM_90, Target.ACM_G10);
    private static final String STORAGE = "float32";
    private static final String NONE = "–";
    private static final double PERCENT = 100;

    // The columns, of a kernel.
    private static final Map<String, Function<JsonNode, String>> COLUMNS = new LinkedHashMap<>();

    static {
        COLUMNS.put("registers", kernel -> number(kernel.path("registers")));
        COLUMNS.put("scratch, bytes", kernel -> number(kernel.path("scratch_bytes")));
        COLUMNS.put("scalar spills", kernel -> number(kernel.path("scalar_spills")));
        COLUMNS.put("occupancy", BeforeAndAfter::occupancy);
        COLUMNS.put("barriers", kernel -> number(kernel.path("barriers")));
        COLUMNS.put("loads in flight", kernel -> number(kernel.at("/read/loads_in_flight")));
        COLUMNS.put("loads", kernel -> accesses(kernel.at("/read/loads")));
        COLUMNS.put("stores", kernel -> accesses(kernel.at("/write/stores")));
        COLUMNS.put("instructions a read element", kernel -> number(kernel.path("instructions_per_read")));
        COLUMNS.put("a written one", kernel -> number(kernel.path("instructions_per_write")));
    }

    private final JsonNode before;
    private final JsonNode after;

    /** Two documents of {@link KernelJson}. */
    BeforeAndAfter(JsonNode before, JsonNode after) {
        this.before = before;
        this.after = after;
    }

    /** The tables of the targets, and the one of the violations. */
    String text() {
        StringBuilder text = new StringBuilder();
        SHOWN.forEach(target -> addKernels(text, target.toString()));
        addViolations(text);
        return text.toString();
    }

    private void addKernels(StringBuilder text, String target) {
        Map<String, JsonNode> then = kernels(before, target);
        Map<String, JsonNode> now = kernels(after, target);
        if (now.isEmpty()) {
            return;
        }
        text.append("### ").append(target).append("\n\n");
        List<String> head = new ArrayList<>(List.of("kernel"));
        head.addAll(COLUMNS.keySet());
        heading(text, head);
        TreeSet<String> names = new TreeSet<>(then.keySet());
        names.addAll(now.keySet());
        for (String name : names) {
            List<String> cells = new ArrayList<>(List.of("`" + name + "`"));
            COLUMNS.values()
                    .forEach(column -> cells.add(change(figure(then, name, column), figure(now, name, column))));
            row(text, cells);
        }
        text.append('\n');
    }

    private void addViolations(StringBuilder text) {
        List<String> targets = Arrays.stream(Target.values())
                .map(Target::toString)
                .filter(target -> !kernels(after, target).isEmpty())
                .toList();
        text.append("### Violations\n\n");
        List<String> head = new ArrayList<>(List.of("rule"));
        head.addAll(targets);
        heading(text, head);
        for (Rule rule : Rule.values()) {
            List<String> cells = new ArrayList<>(List.of("`" + rule + "`"));
            targets.forEach(target -> cells.add(change(count(before, rule, target), count(after, rule, target))));
            row(text, cells);
        }
    }

    private static Map<String, JsonNode> kernels(JsonNode document, String target) {
        Map<String, JsonNode> kernels = new LinkedHashMap<>();
        for (JsonNode kernel : document.path("results")) {
            if (kernel.path("target").asText().equals(target)
                    && kernel.path("storage").asText().equals(STORAGE)
                    && kernel.has("registers")) {
                kernels.put(kernel.path("kernel").asText(), kernel);
            }
        }
        return kernels;
    }

    private static String count(JsonNode document, Rule rule, String target) {
        return String.valueOf(StreamSupport.stream(document.path("violations").spliterator(), false)
                .filter(violation -> violation.path("rule").asText().equals(rule.toString()))
                .filter(violation -> violation.path("target").asText().equals(target))
                .count());
    }

    private static String figure(Map<String, JsonNode> kernels, String name, Function<JsonNode, String> column) {
        JsonNode kernel = kernels.get(name);
        return kernel == null ? NONE : column.apply(kernel);
    }

    private static String change(String then, String now) {
        return then.equals(now) ? now : then + " → " + now;
    }

    private static String number(JsonNode value) {
        return value.isNumber() ? KernelTable.text(value.asDouble()) : NONE;
    }

    private static String occupancy(JsonNode kernel) {
        JsonNode share = kernel.path("occupancy");
        return share.isNumber() ? KernelTable.text(Math.rint(PERCENT * share.asDouble())) + " %" : NONE;
    }

    private static String accesses(JsonNode widths) {
        return widths.isEmpty()
                ? NONE
                : widths.properties().stream()
                        .map(width -> width.getValue().asText() + " × " + width.getKey())
                        .collect(Collectors.joining(" + "));
    }

    private static void heading(StringBuilder text, List<String> names) {
        row(text, names);
        text.append("|---".repeat(names.size())).append("|\n");
    }

    private static void row(StringBuilder text, List<String> cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
}
