package io.github.clnorm.bench.peers;

import io.github.clnorm.measure.Direction;
import io.github.clnorm.measure.Workload;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The peers in this process, each loaded once: here their results are checked, not their times. */
final class OpenPeers implements AutoCloseable {

    private static final long LARGE = 32 << 20;

    private final Map<PeerName, Peer> open = new EnumMap<>(PeerName.class);

    OpenPeers(List<PeerName> names) {
        names.forEach(name -> open.put(name, name == PeerName.CLNORM ? name.open() : Unavailable.unlessOpen(name)));
    }

    Map<String, String> versions() {
        Map<String, String> versions = new LinkedHashMap<>();
        open.forEach((name, peer) -> versions.put(name.toString(), peer.version()));
        return versions;
    }

    /** Runs a pass by every peer and compares. */
    List<Verdict> check(Workload workload, Direction direction) {
        Data data = Data.of(workload);
        Check check = new Check(workload, data, direction);
        List<Verdict> verdicts = new ArrayList<>();
        open.forEach((name, peer) -> verdicts.add(verdict(name, peer, workload, direction, data, check)));
        return verdicts;
    }

    private static Verdict verdict(
            PeerName name, Peer peer, Workload workload, Direction direction, Data data, Check check) {
        // Two slots, so that one mistaken for the other is seen.
        int slots = workload.bytes() < LARGE ? 2 : 1;
        try (Task task = peer.prepare(workload, data, direction, slots)) {
            double error = 0;
            for (int slot = 0; slot < slots; slot++) {
                task.run(slot);
                error = Math.max(error, check.error(task.results(slot)));
            }
            boolean right = Check.passes(error);
            Verdict.Status status = right ? Verdict.Status.OK : Verdict.Status.WRONG;
            String reason = right ? null : String.format(Locale.ROOT, "wrong (error %.1e)", error);
            return new Verdict(workload, direction, name, status, error, reason, task.implementation());
        } catch (UnsupportedOperationException e) {
            return Verdict.without(workload, direction, name, Verdict.Status.UNSUPPORTED, e.getMessage());
        } catch (RuntimeException e) {
            String line = e.toString().lines().findFirst().orElseThrow();
            System.err.println("clnorm: " + name + ", " + workload + ", " + direction + ": " + line);
            return Verdict.without(workload, direction, name, Verdict.Status.FAILED, "failed");
        }
    }

    @Override
    public void close() {
        open.values().forEach(Peer::close);
    }
}
