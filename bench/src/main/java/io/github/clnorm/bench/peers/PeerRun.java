package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Checks and times peers, workload by workload, and saves the results after each. */
final class PeerRun {

    private final List<PeerName> names;
    private final List<Cache> caches;
    private final Timer timer;
    private final Path exchange;
    private final RawResults raw;
    private final List<RawResults.Checked> checks = new ArrayList<>();
    private final Map<String, String> versions = new LinkedHashMap<>();
    private boolean failed;

    PeerRun(List<PeerName> names, List<Cache> caches, Timer timer, Path exchange, RawResults raw) {
        this.names = names;
        this.caches = caches;
        this.timer = timer;
        this.exchange = exchange;
        this.raw = raw;
    }

    /** Whether a peer failed, or clnorm is wrong or missing. */
    boolean failed() {
        return failed;
    }

    /** The table of one layout and one pass. */
    PeerTable table(List<Workload> workloads, Layout layout, Direction direction) throws IOException {
        PeerTable table = new PeerTable(layout + ", " + direction, names, caches);
        int done = 0;
        for (Workload workload : workloads) {
            String progress = String.format(
                    Locale.ROOT, "[%d/%d] %s, %s, %s", ++done, workloads.size(), workload.name(), layout, direction);
            ExpectedResults.of(workload, Data.of(workload), direction).write(exchange);
            Map<Cache, Map<PeerName, Cell>> row = new EnumMap<>(Cache.class);
            for (Cache cache : caches) {
                if (cache.has(workload, direction)) {
                    row.put(cache, cells(workload, direction, cache));
                    System.err.println(progress + ", " + cache + " us: " + times(row.get(cache)));
                }
            }
            table.row(workload, row);
            // After each workload, because a run takes hours and may be interrupted.
            raw.write(versions, checks, timer.results());
        }
        return table;
    }

    private Map<PeerName, Cell> cells(Workload workload, Direction direction, Cache cache) throws IOException {
        for (PeerName peer : names) {
            Files.deleteIfExists(Exchange.verdict(exchange, peer.toString()));
        }
        Map<PeerName, Double> times = timer.time(workload, direction, cache, names);
        Map<PeerName, Cell> cells = new EnumMap<>(PeerName.class);
        for (PeerName peer : names) {
            PeerVerdict verdict = PeerVerdict.read(Exchange.verdict(exchange, peer.toString()));
            if (verdict.status() == PeerVerdict.Status.OK && !times.containsKey(peer)) {
                verdict = PeerVerdict.without(PeerVerdict.Status.FAILED, "failed");
            }
            if (cache == Cache.ROTATED) {
                checks.add(new RawResults.Checked(workload, direction, peer, verdict));
            }
            if (verdict.version() != null && versions.put(peer.toString(), verdict.version()) == null) {
                System.err.println(peer + " " + verdict.version());
            }
            failed |= verdict.status() == PeerVerdict.Status.FAILED
                    || verdict.status() != PeerVerdict.Status.OK && peer == PeerName.CLNORM;
            cells.put(
                    peer,
                    verdict.status() == PeerVerdict.Status.OK
                            ? new Cell(times.get(peer), verdict.error(), null, verdict.implementation())
                            : Cell.without(verdict.reason()));
        }
        return cells;
    }

    private static String times(Map<PeerName, Cell> cells) {
        return cells.entrySet().stream()
                .map(entry -> entry.getKey() + " "
                        + (entry.getValue().timed()
                                ? String.format(
                                        Locale.ROOT,
                                        "%.1f (error %.1e)",
                                        entry.getValue().micros(),
                                        entry.getValue().error())
                                : entry.getValue().reason()))
                .collect(Collectors.joining(", "));
    }
}
