package io.github.clnorm.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import org.junit.jupiter.api.Test;

/** A chain of calls, by the peer that needs no library. */
class ChainTest {

    private static final int SLOTS = 4;

    private static Workload workload(String name) {
        return WorkloadName.parse(name, ElementType.FLOAT32, Layout.CHANNELS_FIRST);
    }

    private static PeerResults run(Workload workload, Direction direction, int calls, int slot) {
        try (Peer peer = new JavaPeer(1);
                Task chain = peer.chain(workload, Data.of(workload, true), direction, SLOTS, calls)) {
            chain.run(slot);
            return chain.results(slot);
        }
    }

    @Test
    void theLastCallOfAChainReadsWhatTheCallsBeforeWrote() {
        for (String name : new String[] {"group_norm 2x12x5x5 G=3", "layer_norm 9x40", "batch_norm 3x5x7"}) {
            Workload workload = workload(name);
            for (Direction direction : Direction.values()) {
                for (int calls = 1; calls <= Chained.CHECKED_CALLS; calls++) {
                    ExpectedResults expected = ExpectedResults.of(workload, Data.of(workload, true), direction, calls);
                    double error = expected.errorOfTensor(run(workload, direction, calls, 1));
                    assertTrue(
                            ExpectedResults.passes(error, ElementType.FLOAT32),
                            name + " " + direction + " " + calls + ": " + error);
                }
            }
        }
    }

    @Test
    void aCallThatReadsTheFirstTensorAgainIsDetected() {
        // Not batch_norm forward: it changes nothing about what is already normalized over the same sets.
        for (String name : new String[] {"group_norm 2x12x5x5 G=3", "layer_norm 9x40"}) {
            Workload workload = workload(name);
            for (Direction direction : Direction.values()) {
                double error = ExpectedResults.of(workload, Data.of(workload, true), direction, 1)
                        .errorOfTensor(run(workload, direction, 2, 0));
                assertTrue(error > 5e-2, name + " " + direction + ": " + error);
            }
        }
    }

    @Test
    void theSumsOfTheFirstCallAreExpected() {
        Workload workload = workload("group_norm 2x12x5x5 G=3");
        ExpectedResults expected =
                ExpectedResults.of(workload, Data.of(workload, true), Direction.BACKWARD, Chained.CHECKED_CALLS);
        double error = expected.errorOfSums(run(workload, Direction.BACKWARD, 1, 0));
        assertTrue(ExpectedResults.passes(error, ElementType.FLOAT32), "" + error);
    }

    @Test
    void aLongChainStaysInTheRangeOfFloat16() {
        Workload workload = workload("group_norm 2x64x6x6 G=4");
        for (Direction direction : Direction.values()) {
            double largest = 0;
            for (float value : run(workload, direction, 64, 0).tensor()) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertTrue(largest > 1e-4 && largest < 6e4, direction + ": " + largest);
        }
    }

    @Test
    void theCallsBeforeThemDecideWhereTensorsAre() {
        Workload small = workload("group_norm 2x30x1x1 G=2");
        Workload large = workload("group_norm 2x320x64x64 G=32");
        assertEquals(1, Cache.CHAINED.slots(large, Direction.FORWARD));
        long bytes = Cache.CHAINED.slots(large, Direction.BACKWARD) * large.bytes();
        assertTrue(bytes >= 128 << 20 && bytes < 160 << 20, "" + bytes);
        assertEquals(4096, Cache.CHAINED.slots(small, Direction.BACKWARD));
        assertTrue(Cache.CHAINED.has(large, Direction.BACKWARD));
    }
}
