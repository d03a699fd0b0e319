package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.RunResult;

/** Checks and times peers in one setting, workload by workload, and saves the results after each. */
final class PeerRun {

    private final List<PeerName> names;
    private final Setting setting;
    private final List<Cache> caches;
    private final List<Integer> processors;
    private final Timer timer;
    private final Path exchange;
    private final RawResults raw;
    private boolean failed;

    PeerRun(List<PeerName> names, Setting setting, List<Cache> caches, Timer timer, Path exchange, RawResults raw) {
        this.names = names;
        this.setting = setting;
        this.caches = caches;
        this.processors = Cores.choose(setting.threads());
        this.timer = timer;
        this.exchange = exchange;
        this.raw = raw;
    }

    /** Whether a peer failed, or clnorm is wrong or missing. */
    boolean failed() {
        return failed;
    }

    /** The table of one pass. */
    PeerTable table(List<Workload> workloads, List<Suite> suites, Direction direction) throws IOException {
        String title = setting.title(direction);
        PeerTable table = new PeerTable(title, names, caches, suites);
        int done = 0;
        for (Workload workload : workloads) {
            String progress =
                    String.format(Locale.ROOT, "[%d/%d] %s, %s", ++done, workloads.size(), workload.name(), title);
            int checkedCalls = Math.min(setting.calls(), Chained.CHECKED_CALLS);
            ExpectedResults.of(workload, Data.of(workload, setting.chained()), direction, checkedCalls)
                    .write(exchange);
            Map<Cache, Map<PeerName, Cell>> row = new EnumMap<>(Cache.class);
            for (Cache cache : caches) {
                if (cache.has(workload, direction)) {
                    row.put(cache, cells(workload, direction, cache));
                    System.err.println(progress + ", " + cache + " us: " + times(row.get(cache)));
                }
            }
            table.row(workload, row);
            // After each workload, because a run takes hours and may be interrupted.
            raw.write();
        }
        return table;
    }

    private Map<PeerName, Cell> cells(Workload workload, Direction direction, Cache cache) throws IOException {
        for (PeerName peer : names) {
            Files.deleteIfExists(Exchange.verdict(exchange, peer.toString()));
        }
        List<PeerName> tried = names.stream()
                .filter(peer -> !peer.hugePages() || HugePages.available())
                .toList();
        List<RunResult> results = timer.time(workload, setting, processors, direction, cache, tried);
        raw.timed(results);
        Map<PeerName, Double> times =
                results.stream().collect(Collectors.toMap(Timer::peer, Timer::median, (first, second) -> second));
        Map<PeerName, Cell> cells = new EnumMap<>(PeerName.class);
        for (PeerName peer : names) {
            PeerVerdict verdict = tried.contains(peer)
                    ? verdict(peer, times.containsKey(peer))
                    : PeerVerdict.without(PeerVerdict.Status.UNSUPPORTED, "no huge pages here");
            if (cache != Cache.CACHED) {
                raw.checked(new RawResults.Checked(workload, setting, direction, peer, verdict));
            }
            if (verdict.version() != null && raw.version(peer, verdict.version())) {
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

    private PeerVerdict verdict(PeerName peer, boolean timed) throws IOException {
        PeerVerdict verdict = PeerVerdict.read(Exchange.verdict(exchange, peer.toString()));
        return verdict.status() == PeerVerdict.Status.OK && !timed
                ? PeerVerdict.without(PeerVerdict.Status.FAILED, "failed")
                : verdict;
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
