package io.github.clnorm;

import io.github.clnorm.internal.fleet.ChannelSource;
import io.github.clnorm.internal.fleet.ChannelTarget;
import io.github.clnorm.internal.fleet.PieceRun;
import io.github.clnorm.internal.fleet.SamplePieces;
import io.github.clnorm.internal.fleet.ShareSearch;
import io.github.clnorm.internal.fleet.Weights;
import java.nio.Buffer;
import java.util.Arrays;

/** A pass over pieces of whole samples, each of which goes to one device. The caller holds the fleet's lock. */
final class FleetPieces {

    // Staging of pieces between a channel and the devices.
    private static final long STAGED_BYTES = 256L << 20;

    private final FleetState state;
    private final FleetRequest request;
    private final FleetTensors tensors;
    private final FleetAbilities abilities;

    /**
     * What became of the pieces.
     *
     * @param pieces the samples of each
     * @param run who computed them
     * @param nanoseconds the time of all
     */
    record Outcome(SamplePieces pieces, PieceRun.Outcome run, long nanoseconds) {}

    FleetPieces(FleetState state, FleetRequest request, FleetTensors tensors, FleetAbilities abilities) {
        this.state = state;
        this.request = request;
        this.tensors = tensors;
        this.abilities = abilities;
    }

    /**
     * Computes all pieces.
     *
     * @param reserve devices that compute pieces if all devices with a share fail
     */
    Outcome run(ShareSearch.Found shares, boolean... reserve) {
        SamplePieces pieces = request.pieces(
                smallest(shares.weights()),
                state.leastPiece(),
                Arrays.stream(abilities.indices())
                        .mapToObj(state.devices()::get)
                        .toList());
        int[] owners = Weights.owners(pieces.count(), shares.weights());
        int window = window(pieces, shares.weights());
        Buffer source = tensors.source().buffer();
        Buffer target = tensors.target().buffer();
        FleetWork.Operand from = source != null
                ? FleetBuffers.parts(request, pieces, source)
                : state.sources().slots(request, pieces, window);
        FleetWork.Operand to = target != null
                ? FleetBuffers.parts(request, pieces, target)
                : state.targets().slots(request, pieces, window);
        PieceRun.Step reader = source != null
                ? null
                : FleetBuffers.reader(
                        request, pieces, new ChannelSource(tensors.source().channel(), request.type.bytes()), from);
        PieceRun.Step writer = target != null
                ? null
                : FleetBuffers.writer(
                        request, pieces, new ChannelTarget(tensors.target().channel(), request.type.bytes()), to);
        FleetWork work = new FleetWork(request, pieces, state.parameters(request), from, to, target == null);
        long start = System.nanoTime();
        PieceRun.Outcome run = new PieceRun(owners, reserve, work, reader, writer, window).run();
        return new Outcome(pieces, run, System.nanoTime() - start);
    }

    private static double smallest(double... weights) {
        return Arrays.stream(weights).filter(weight -> weight > 0).min().orElseThrow();
    }

    /** Enough pieces for the fastest device to have work while the slowest computes one, as far as memory allows. */
    private int window(SamplePieces pieces, double... weights) {
        boolean reads = tensors.source().buffer() == null;
        boolean writes = tensors.target().buffer() == null;
        if (!reads && !writes) {
            return pieces.count();
        }
        long shares = Arrays.stream(weights).filter(weight -> weight > 0).count();
        long wanted = (long) Math.ceil(PieceRun.IN_FLIGHT / smallest(weights)) + 2;
        long bytes = pieces.perPiece() * request.sampleBytes() * (reads && writes ? 2 : 1);
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("one sample of " + request + " takes " + request.sampleBytes()
                    + " bytes: samples from and to channels take 1 GiB at most");
        }
        long most = Math.min(STAGED_BYTES, Runtime.getRuntime().maxMemory() / 4) / bytes;
        long least = Math.min(pieces.count(), shares + 1);
        return (int) Math.min(pieces.count(), Math.max(least, Math.min(wanted, most)));
    }
}
