package io.github.clnorm.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Suite;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tables of a recorded run have the figures of bench/results.md. */
class RecordedTablesTest {

    private static final List<Suite> ALL = List.copyOf(EnumSet.complementOf(EnumSet.of(Suite.QUICK, Suite.AWKWARD)));
    private static final List<PeerName> PEERS = List.of(PeerName.CLNORM, PeerName.LIBTORCH, PeerName.ONEDNN);

    private static List<String> lines(Direction direction, List<PeerName> peers, List<Suite> suites)
            throws IOException {
        return new RecordedRun("peers-all-xeon-pocl.json")
                .table(direction, peers, suites)
                .toString()
                .lines()
                .map(line -> line.strip().replaceAll(" {2,}", "|"))
                .toList();
    }

    private static void has(List<String> lines, String expected) {
        assertTrue(lines.contains(expected), () -> expected + " is not among\n" + String.join("\n", lines));
    }

    @Test
    void aRowHasMicrosecondsAndRatios() throws IOException {
        List<String> lines = lines(Direction.FORWARD, PEERS, ALL);
        has(lines, "us (times clnorm)|clnorm|libtorch|onednn|fastest peer");
        has(lines, "group_norm 2x320x64x64 G=32|1439|1565 (1.09)|not measured|(1.09)");
        has(lines, "group_norm 2x256x13x21 G=32|145|84.4 (0.58)|not measured|(0.58)");
        has(lines, "layer_norm 4096x768|1784|2450 (1.37)|1683 (0.94)|(0.94)");
    }

    @Test
    void theMeansOfSuitesAreThoseOfResultsMd() throws IOException {
        List<String> forward = lines(Direction.FORWARD, PEERS, ALL);
        has(forward, "geometric mean next to|libtorch|the faster of libtorch and onednn");
        has(forward, "sd-unet|1.00|1.00");
        has(forward, "resnet50-gn|0.85|0.85");
        has(forward, "mask-rcnn-gn|0.93|0.93");
        has(forward, "layer-norm|1.15|0.98");
        has(forward, "instance-norm|3.82|3.40");
        has(forward, "batch-norm|3.01|3.01");
        has(forward, "the three of group_norm|0.93|0.93");
        List<String> backward = lines(Direction.BACKWARD, PEERS, ALL);
        has(backward, "sd-unet|1.15|1.15");
        has(backward, "layer-norm|1.02|1.02");
        has(backward, "the three of group_norm|1.16|1.16");
    }

    @Test
    void rowsInWhichClnormIsSlowerAreNamedTheSlowestFirst() throws IOException {
        List<String> lines = lines(Direction.FORWARD, PEERS, List.of(Suite.MASK_RCNN_GN));
        String line = lines.stream()
                .filter(text -> text.startsWith("slower than the faster of libtorch and onednn"))
                .findFirst()
                .orElseThrow();
        assertTrue(
                line.contains("rows: group_norm 8x256x14x14 G=32 (0.53), group_norm 2x256x13x21 G=32 (0.58), "), line);
        assertFalse(line.contains("2x320x64x64"), line);
    }

    @Test
    void aSuiteThatWasNotMeasuredHasNoLine() throws IOException {
        List<String> lines = lines(Direction.FORWARD, PEERS, List.of(Suite.MASK_RCNN_GN, Suite.AWKWARD));
        has(lines, "mask-rcnn-gn|0.93|0.93");
        assertEquals(
                0, lines.stream().filter(line -> line.startsWith("awkward")).count());
        assertEquals(
                0, lines.stream().filter(line -> line.startsWith("the three")).count());
    }

    @Test
    void aComparisonWithAPeerThatWasNotChosenHasNoColumn() throws IOException {
        List<String> lines = lines(Direction.FORWARD, List.of(PeerName.CLNORM, PeerName.LIBTORCH), ALL);
        has(lines, "geometric mean next to|libtorch");
        has(lines, "the three of group_norm|0.93");
    }

    @Test
    void withoutClnormThereAreNoRatios() throws IOException {
        List<String> lines = lines(Direction.FORWARD, List.of(PeerName.LIBTORCH, PeerName.ONEDNN), ALL);
        has(lines, "layer_norm 4096x768|2450|1683|-");
        assertTrue(lines.stream().noneMatch(line -> line.startsWith("geometric mean next to")));
    }
}
