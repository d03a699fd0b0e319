package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Workload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * A plain-text table of times by workload and peer: microseconds and, in brackets, the ratio to clnorm's time. First
 * the columns with tensors in memory, then those with tensors in a cache. The last line has the geometric means of the
 * ratios over the rows in which both have a time.
 */
final class PeerTable {

    private final String title;
    private final List<PeerName> peers;
    private final List<Cache> caches;
    private final Map<Workload, Map<Cache, Map<PeerName, Cell>>> rows = new LinkedHashMap<>();

    PeerTable(String title, List<PeerName> peers, List<Cache> caches) {
        this.title = title;
        this.peers = peers;
        this.caches = caches;
    }

    /** The measurements of a workload. Large workloads have none in a cache. */
    void row(Workload workload, Map<Cache, Map<PeerName, Cell>> cells) {
        rows.put(workload, cells);
    }

    private Stream<Map<PeerName, Cell>> cells(Cache cache) {
        return rows.values().stream().map(row -> row.get(cache)).filter(Objects::nonNull);
    }

    private static double ratio(Map<PeerName, Cell> cells, PeerName peer) {
        return cells.get(peer).micros() / cells.get(PeerName.CLNORM).micros();
    }

    private static boolean against(Map<PeerName, Cell> cells, PeerName peer) {
        return peer != PeerName.CLNORM
                && cells.containsKey(PeerName.CLNORM)
                && cells.get(PeerName.CLNORM).timed()
                && cells.get(peer).timed();
    }

    private OptionalDouble fastest(Map<PeerName, Cell> cells) {
        return peers.stream()
                .filter(peer -> against(cells, peer))
                .mapToDouble(peer -> ratio(cells, peer))
                .min();
    }

    private static String geometricMean(DoubleStream ratios) {
        double[] all = ratios.map(Math::log).toArray();
        return all.length == 0
                ? ""
                : ratio(Math.exp(DoubleStream.of(all).average().orElseThrow()));
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "(%.2f)", value);
    }

    private static String text(Map<PeerName, Cell> cells, PeerName peer) {
        Cell cell = cells.get(peer);
        if (!cell.timed()) {
            return cell.reason();
        }
        String micros = String.format(Locale.ROOT, cell.micros() < 100 ? "%.1f" : "%.0f", cell.micros());
        return against(cells, peer) ? micros + " " + ratio(ratio(cells, peer)) : micros;
    }

    @Override
    public String toString() {
        List<List<String>> lines = new ArrayList<>();
        List<String> header = new ArrayList<>(List.of("us (times clnorm)"));
        for (Cache cache : caches) {
            String where = cache == Cache.ROTATED ? "" : ", cached";
            peers.forEach(peer -> header.add(peer + where));
            header.add("fastest peer" + where);
        }
        lines.add(header);
        rows.forEach((workload, cells) -> lines.add(line(workload, cells)));
        List<String> means = new ArrayList<>(List.of("geometric mean"));
        for (Cache cache : caches) {
            for (PeerName peer : peers) {
                means.add(geometricMean(
                        cells(cache).filter(cells -> against(cells, peer)).mapToDouble(cells -> ratio(cells, peer))));
            }
            means.add(geometricMean(cells(cache)
                    .map(this::fastest)
                    .filter(OptionalDouble::isPresent)
                    .mapToDouble(OptionalDouble::getAsDouble)));
        }
        lines.add(means);
        return title + "\n" + aligned(lines) + implementations();
    }

    private List<String> line(Workload workload, Map<Cache, Map<PeerName, Cell>> ofCaches) {
        List<String> line = new ArrayList<>(List.of(workload.name()));
        for (Cache cache : caches) {
            Map<PeerName, Cell> cells = ofCaches.get(cache);
            peers.forEach(peer -> line.add(cells == null ? "-" : text(cells, peer)));
            OptionalDouble fastest = cells == null ? OptionalDouble.empty() : fastest(cells);
            line.add(fastest.isPresent() ? ratio(fastest.getAsDouble()) : "-");
        }
        return line;
    }

    /** Names the implementation that ran, because a library's reference code is slow. */
    private String implementations() {
        StringBuilder text = new StringBuilder();
        for (PeerName peer : peers) {
            Map<String, Integer> counts = new TreeMap<>();
            cells(Cache.ROTATED)
                    .map(cells -> cells.get(peer).implementation())
                    .filter(Objects::nonNull)
                    .forEach(name -> counts.merge(name, 1, Integer::sum));
            if (!counts.isEmpty()) {
                text.append(counts.entrySet().stream()
                        .map(entry -> entry.getKey() + " in " + entry.getValue())
                        .collect(Collectors.joining(", ", peer + "'s implementations, by rows: ", "\n")));
            }
        }
        return text.toString();
    }

    /** Aligns the first column to the left and numbers to the right. */
    private static String aligned(List<List<String>> lines) {
        int[] widths = new int[lines.get(0).size()];
        lines.forEach(line -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        });
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            StringBuilder row = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String gap = " ".repeat(widths[i] - line.get(i).length());
                row.append(i == 0 ? line.get(i) + gap : "  " + gap + line.get(i));
            }
            text.append(row.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
