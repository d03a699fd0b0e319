package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.fleet.PieceRun;
import io.github.clnorm.internal.fleet.SamplePieces;
import io.github.clnorm.internal.fleet.ShareSearch;
import io.github.clnorm.internal.geometry.Shapes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Makes the report of a pass over pieces of whole samples. */
final class PieceReport {

    private final FleetState state;
    private final FleetRequest request;
    private final ShareSearch.Found shares;
    private final SamplePieces pieces;
    private final PieceRun.Outcome run;
    private final long nanoseconds;

    PieceReport(FleetState state, FleetRequest request, ShareSearch.Found shares, FleetPieces.Outcome outcome) {
        this.state = state;
        this.request = request;
        this.shares = shares;
        this.pieces = outcome.pieces();
        this.run = outcome.run();
        this.nanoseconds = outcome.nanoseconds();
    }

    /** The report of a pass over a tensor without samples. */
    static FleetReport ofNothing(FleetState state, FleetRequest request, ShareSearch.Found shares) {
        int count = state.devices().size();
        PieceRun.Outcome none =
                new PieceRun.Outcome(new int[0], new int[0], new ClException[count], new long[count], 0, -1);
        FleetPieces.Outcome outcome = new FleetPieces.Outcome(new SamplePieces(1, 1), none, 0);
        return new PieceReport(state, request, shares, outcome).report();
    }

    FleetReport report() {
        List<FleetReport.Device> devices = IntStream.range(0, state.devices().size())
                .mapToObj(this::ofDevice)
                .toList();
        return new FleetReport(request.samples(), nanoseconds, devices, recomputed(), state.notOpened());
    }

    private FleetReport.Device ofDevice(int device) {
        List<FleetReport.Range> ranges = ranges(piece -> run.by()[piece] == device);
        long samples = ranges.stream().mapToLong(FleetReport.Range::count).sum();
        ClException failure = run.failures()[device];
        return new FleetReport.Device(
                state.devices().get(device).description(),
                shares.weights()[device],
                ranges,
                samples * request.sampleBytes() / request.type.bytes(),
                2 * samples * request.sampleBytes(),
                samples == 0 ? 0 : run.nanoseconds()[device],
                leftOut(device),
                failure == null ? "" : failure.getMessage());
    }

    private String leftOut(int device) {
        String reason = shares.leftOut().get(device);
        boolean ownsNone = run.pieces() > 0 && IntStream.of(run.owners()).noneMatch(owner -> owner == device);
        return reason.isEmpty() && ownsNone
                ? "its share is less than one of " + Shapes.count(run.pieces(), "piece")
                : reason;
    }

    private List<FleetReport.Recomputed> recomputed() {
        int count = state.devices().size();
        List<FleetReport.Recomputed> all = new ArrayList<>();
        for (int from = 0; from < count; from++) {
            for (int by = 0; by < count; by++) {
                if (by != from) {
                    int owner = from;
                    int other = by;
                    ranges(piece -> run.owners()[piece] == owner && run.by()[piece] == other)
                            .forEach(range -> all.add(new FleetReport.Recomputed(range, owner, other)));
                }
            }
        }
        all.sort(Comparator.comparingLong(part -> part.range().from()));
        return all;
    }

    /** The samples of some pieces; pieces that follow each other are one range. */
    private List<FleetReport.Range> ranges(IntPredicate test) {
        List<FleetReport.Range> ranges = new ArrayList<>();
        for (int piece = 0; piece < run.pieces(); piece++) {
            if (!test.test(piece)) {
                continue;
            }
            long from = pieces.first(piece);
            long to = from + pieces.size(piece);
            int last = ranges.size() - 1;
            if (last >= 0 && ranges.get(last).to() == from) {
                ranges.set(last, new FleetReport.Range(ranges.get(last).from(), to));
            } else {
                ranges.add(new FleetReport.Range(from, to));
            }
        }
        return ranges;
    }
}
