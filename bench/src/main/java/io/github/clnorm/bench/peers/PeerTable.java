package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A plain-text table of times by workload and peer: microseconds and, in brackets, the ratio to clnorm's time. First
 * the columns with tensors in memory, then those with tensors in a cache. The last line has the geometric means of the
 * ratios over the rows in which both have a time. Below it are those of each suite.
 */
final class PeerTable {

    private final String title;
    private final List<PeerName> peers;
    private final List<Cache> caches;
    private final List<Suite> suites;
    private final PeerComparison fastest;
    private final Map<Workload, Map<Cache, Map<PeerName, Cell>>> rows = new LinkedHashMap<>();

    PeerTable(String title, List<PeerName> peers, List<Cache> caches, List<Suite> suites) {
        this.title = title;
        this.peers = peers;
        this.caches = caches;
        this.suites = suites;
        // As users have the libraries.
        fastest = new PeerComparison(
                "fastest peer", peers.stream().filter(peer -> !peer.hugePages()).toList());
    }

    /** The measurements of a workload. Large workloads have none in a cache. */
    void row(Workload workload, Map<Cache, Map<PeerName, Cell>> cells) {
        rows.put(workload, cells);
    }

    private Stream<Map<PeerName, Cell>> cells(Cache cache) {
        return rows.values().stream().map(row -> row.get(cache)).filter(Objects::nonNull);
    }

    private static String text(Map<PeerName, Cell> cells, PeerName peer) {
        Cell cell = cells.get(peer);
        if (!cell.timed()) {
            return cell.reason();
        }
        String micros = String.format(Locale.ROOT, cell.micros() < 100 ? "%.1f" : "%.0f", cell.micros());
        return micros + PeerComparison.text(PeerComparison.with(peer).ratio(cells), " (%.2f)", "");
    }

    @Override
    public String toString() {
        List<List<String>> lines = new ArrayList<>();
        List<String> header = new ArrayList<>(List.of("us (times clnorm)"));
        for (Cache cache : caches) {
            peers.forEach(peer -> header.add(peer.label() + cache.suffix()));
            header.add(fastest.label() + cache.suffix());
        }
        lines.add(header);
        rows.forEach((workload, cells) -> lines.add(line(workload, cells)));
        List<String> means = new ArrayList<>(List.of("geometric mean"));
        for (Cache cache : caches) {
            List<Map<PeerName, Cell>> timed = cells(cache).toList();
            peers.forEach(
                    peer -> means.add(PeerComparison.text(PeerComparison.with(peer).mean(timed), "(%.2f)", "")));
            means.add(PeerComparison.text(fastest.mean(timed), "(%.2f)", ""));
        }
        lines.add(means);
        return title + "\n" + PlainTable.aligned(lines) + implementations()
                + new SuiteMeans(suites, peers, caches, rows);
    }

    private List<String> line(Workload workload, Map<Cache, Map<PeerName, Cell>> ofCaches) {
        List<String> line = new ArrayList<>(List.of(workload.name()));
        for (Cache cache : caches) {
            Map<PeerName, Cell> cells = ofCaches.get(cache);
            peers.forEach(peer -> line.add(cells == null ? "-" : text(cells, peer)));
            line.add(cells == null ? "-" : PeerComparison.text(fastest.ratio(cells), "(%.2f)", "-"));
        }
        return line;
    }

    /** Names the implementation that ran, because a library's reference code is slow. */
    private String implementations() {
        StringBuilder text = new StringBuilder();
        for (PeerName peer : peers) {
            Map<String, Integer> counts = new TreeMap<>();
            cells(caches.get(0))
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
}
