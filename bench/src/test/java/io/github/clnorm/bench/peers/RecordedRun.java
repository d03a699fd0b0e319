package io.github.clnorm.bench.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** The tables of a file in bench/results. */
final class RecordedRun {

    private final JsonNode document;

    RecordedRun(String name) throws IOException {
        document = new ObjectMapper().readTree(Path.of("bench", "results", name).toFile());
    }

    /** The table of a pass, with tensors from memory. */
    PeerTable table(Direction direction, List<PeerName> peers, List<Suite> suites) {
        Map<Workload, Map<PeerName, Cell>> rows = new LinkedHashMap<>();
        for (JsonNode result : document.get("jmh")) {
            JsonNode parameters = result.get("params");
            PeerName peer = PeerName.parse(parameters.get("peer").asText());
            if (result.get("benchmark").asText().endsWith("." + direction)
                    && parameters.get("cache").asText().equals("rotated")
                    && peers.contains(peer)) {
                Workload workload = WorkloadName.parse(
                        parameters.get("workload").asText(), ElementType.FLOAT32, Layout.CHANNELS_FIRST);
                rows.computeIfAbsent(workload, missing -> new EnumMap<>(PeerName.class))
                        .put(peer, new Cell(median(result), 0, null, null));
            }
        }
        PeerTable table = new PeerTable(direction.toString(), peers, List.of(Cache.ROTATED), suites);
        rows.forEach((workload, cells) -> {
            peers.forEach(peer -> cells.putIfAbsent(peer, Cell.without("not measured")));
            table.row(workload, Map.of(Cache.ROTATED, cells));
        });
        return table;
    }

    private static double median(JsonNode result) {
        double[] averages = StreamSupport.stream(
                        result.get("primaryMetric").get("rawData").spliterator(), false)
                .flatMap(fork -> StreamSupport.stream(fork.spliterator(), false))
                .mapToDouble(JsonNode::asDouble)
                .sorted()
                .toArray();
        return averages[averages.length / 2];
    }
}
