package io.github.clnorm.internal.fleet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.ClException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pieces on simulated devices: order, windows, failures, and the ends of sources. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PieceRunTest {

    private static final boolean[] NO_RESERVE = {false, false};

    private static ClException lost(int device) {
        return new ClException(-5, "finish", "device " + device);
    }

    @Test
    void eachPieceIsComputedByItsDevice() {
        int[] owners = Weights.owners(100, 0.3, 0.7);
        List<Integer> computed = Collections.synchronizedList(new ArrayList<>());
        PieceRun.Outcome outcome =
                new PieceRun(owners, NO_RESERVE, (device, piece) -> computed.add(piece), null, null, 0).run();
        assertArrayEquals(owners, outcome.by());
        assertEquals(100, outcome.pieces());
        assertEquals(
                IntStream.range(0, 100).boxed().toList(),
                computed.stream().sorted().toList());
    }

    @Test
    void readsAndWritesAreInOrderAndWithinTheWindow() {
        int[] owners = Weights.owners(500, 0.1, 0.9);
        AtomicInteger read = new AtomicInteger();
        AtomicInteger written = new AtomicInteger();
        int[] slots = new int[7];
        int[] results = new int[7];
        new PieceRun(
                        owners,
                        NO_RESERVE,
                        (device, piece) -> {
                            assertEquals(piece, slots[piece % 7], "its input is there");
                            results[piece % 7] = -piece;
                        },
                        piece -> {
                            assertEquals(read.getAndIncrement(), piece);
                            assertTrue(piece < written.get() + 7, "beyond the window");
                            slots[piece % 7] = piece;
                        },
                        piece -> {
                            assertEquals(-piece, results[piece % 7], "its result is there");
                            assertEquals(written.get(), piece);
                            written.incrementAndGet();
                        },
                        7)
                .run();
        assertEquals(500, written.get());
    }

    @Test
    void othersComputeThePiecesOfADeviceThatFails() {
        SplittableRandom random = new SplittableRandom(4);
        for (int round = 0; round < 300; round++) {
            int pieces = random.nextInt(1, 40);
            int[] owners = Weights.owners(pieces, 0.4, 0.4, 0.2);
            int failsAt = random.nextInt(0, pieces);
            int window = random.nextInt(1, 5);
            int[] computed = new int[pieces];
            Arrays.fill(computed, -1);
            PieceRun.Step step = piece -> {};
            PieceRun.Outcome outcome = new PieceRun(
                            owners,
                            new boolean[3],
                            (device, piece) -> {
                                if (device == 1 && piece >= failsAt) {
                                    throw lost(1);
                                }
                                computed[piece] = device;
                            },
                            round % 2 == 0 ? step : null,
                            round % 3 == 0 ? step : null,
                            window)
                    .run();
            assertArrayEquals(computed, outcome.by());
            assertTrue(Arrays.stream(computed).allMatch(device -> device >= 0));
            boolean hadToFail = IntStream.range(failsAt, pieces).anyMatch(piece -> owners[piece] == 1);
            assertTrue(!hadToFail || outcome.failures()[1] != null);
        }
    }

    @Test
    void aDeviceInReserveComputesIfAllOthersFail() {
        PieceRun.Outcome outcome = new PieceRun(
                        new int[] {0, 1, 0, 1},
                        new boolean[] {true, true, true},
                        (device, piece) -> {
                            if (device < 2) {
                                throw lost(device);
                            }
                        },
                        null,
                        null,
                        0)
                .run();
        assertArrayEquals(new int[] {2, 2, 2, 2}, outcome.by());
    }

    @Test
    void ifAllFailTheExceptionHasAll() {
        ClException e = assertThrows(ClException.class, () -> new PieceRun(
                        new int[] {0, 1, 0, 1},
                        NO_RESERVE,
                        (device, piece) -> {
                            throw lost(device);
                        },
                        piece -> {},
                        piece -> {},
                        3)
                .run());
        assertTrue(e.getMessage().contains("device 0") && e.getMessage().contains("device 1"), e.getMessage());
        assertEquals(2, e.getSuppressed().length);
    }

    @Test
    void aSourceThatEndsHasItsPiecesComputedAndWritten() {
        for (int end = 0; end < 12; end++) {
            int last = end;
            AtomicInteger written = new AtomicInteger();
            PieceRun.Outcome outcome = new PieceRun(
                            Weights.owners(12, 0.5, 0.5),
                            NO_RESERVE,
                            (device, piece) -> {},
                            piece -> {
                                if (piece == last) {
                                    throw new EndOfSource(1000 + last);
                                }
                            },
                            piece -> written.incrementAndGet(),
                            4)
                    .run();
            assertEquals(end, written.get());
            assertEquals(end, outcome.pieces());
            assertEquals(1000 + end, outcome.bytesRead());
        }
    }

    @Test
    void whatAStepOrTheWorkThrowsEndsTheRun() {
        UncheckedIOException full = new UncheckedIOException(new java.io.IOException("disk full"));
        PieceRun.Step fails = piece -> {
            if (piece == 3) {
                throw full;
            }
        };
        PieceRun.Step works = piece -> {};
        for (int which = 0; which < 3; which++) {
            boolean inWork = which == 2;
            PieceRun run = new PieceRun(
                    Weights.owners(50, 0.5, 0.5),
                    NO_RESERVE,
                    (device, piece) -> {
                        if (inWork) {
                            fails.at(piece);
                        }
                    },
                    which == 0 ? fails : works,
                    which == 1 ? fails : works,
                    4);
            assertEquals(full, assertThrows(UncheckedIOException.class, run::run));
        }
    }
}
