package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * The geometric means of a table for each suite and for the three suites of GroupNorm together, next to libtorch and next
 * to the faster of libtorch and oneDNN, and the rows in which clnorm is slower.
 */
final class SuiteMeans {

    private static final List<Suite> GROUP_NORM = List.of(Suite.SD_UNET, Suite.RESNET50_GN, Suite.MASK_RCNN_GN);
    private static final List<PeerComparison> COMPARISONS = List.of(
            PeerComparison.with(PeerName.LIBTORCH),
            PeerComparison.with(PeerName.LIBTORCH_HUGE_PAGES),
            new PeerComparison("the faster of libtorch and onednn", List.of(PeerName.LIBTORCH, PeerName.ONEDNN)));

    private final List<Suite> suites;
    private final List<PeerName> peers;
    private final List<Cache> caches;
    private final Map<Workload, Map<Cache, Map<PeerName, Cell>>> rows;

    SuiteMeans(
            List<Suite> suites,
            List<PeerName> peers,
            List<Cache> caches,
            Map<Workload, Map<Cache, Map<PeerName, Cell>>> rows) {
        this.suites = suites;
        this.peers = peers;
        this.caches = caches;
        this.rows = rows;
    }

    /** A column. */
    private record Column(PeerComparison comparison, Cache cache) {
        String label() {
            return comparison.label() + cache.suffix();
        }
    }

    private List<Map<PeerName, Cell>> cells(List<Suite> of, Cache cache) {
        List<String> names = of.stream()
                .flatMap(suite -> suite.workloads().stream())
                .map(Workload::name)
                .toList();
        return rows.entrySet().stream()
                .filter(row -> names.contains(row.getKey().name()))
                .map(row -> row.getValue().get(cache))
                .filter(Objects::nonNull)
                .toList();
    }

    private List<Column> columns() {
        List<Column> columns = new ArrayList<>();
        for (Cache cache : caches) {
            for (PeerComparison comparison : COMPARISONS) {
                if (peers.containsAll(comparison.peers())
                        && comparison.mean(cells(suites, cache)).isPresent()) {
                    columns.add(new Column(comparison, cache));
                }
            }
        }
        return columns;
    }

    @Override
    public String toString() {
        List<Column> columns = columns();
        if (columns.isEmpty()) {
            return "";
        }
        List<List<String>> lines = new ArrayList<>();
        List<String> header = new ArrayList<>(List.of("geometric mean next to"));
        columns.forEach(column -> header.add(column.label()));
        lines.add(header);
        Map<String, List<Suite>> groups = new LinkedHashMap<>();
        suites.forEach(suite -> groups.put(suite.toString(), List.of(suite)));
        if (suites.containsAll(GROUP_NORM)) {
            groups.put("the three of group_norm", GROUP_NORM);
        }
        groups.forEach((name, of) -> {
            List<String> line = new ArrayList<>(List.of(name));
            columns.forEach(column ->
                    line.add(PeerComparison.text(column.comparison().mean(cells(of, column.cache())), "%.2f", "")));
            if (line.stream().skip(1).anyMatch(text -> !text.isEmpty())) {
                lines.add(line);
            }
        });
        return PlainTable.aligned(lines) + columns.stream().map(this::below).collect(Collectors.joining());
    }

    /** The rows in which clnorm is slower, the slowest first. */
    private String below(Column column) {
        record Row(String name, double ratio) {}
        List<Row> slower = new ArrayList<>();
        rows.forEach((workload, cells) -> {
            OptionalDouble ratio = cells.containsKey(column.cache())
                    ? column.comparison().ratio(cells.get(column.cache()))
                    : OptionalDouble.empty();
            if (ratio.isPresent() && ratio.getAsDouble() < 1) {
                slower.add(new Row(workload.name(), ratio.getAsDouble()));
            }
        });
        slower.sort(Comparator.comparingDouble(Row::ratio));
        String names = slower.stream()
                .map(row -> String.format(Locale.ROOT, "%s (%.2f)", row.name(), row.ratio()))
                .collect(Collectors.joining(", "));
        return "slower than " + column.label() + " in " + slower.size() + " of " + timed(column) + " rows"
                + (slower.isEmpty() ? "" : ": " + names) + "\n";
    }

    private long timed(Column column) {
        return rows.values().stream()
                .map(row -> row.get(column.cache()))
                .filter(Objects::nonNull)
                .filter(cells -> column.comparison().ratio(cells).isPresent())
                .count();
    }
}
