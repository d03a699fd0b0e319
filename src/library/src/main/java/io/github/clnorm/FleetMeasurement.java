package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.fleet.ShareSearch;
import io.github.clnorm.type.Codec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Passes over samples in host memory, for their time. The caller holds the fleet's lock. */
final class FleetMeasurement implements ShareSearch.Trial {

    private static final int VALUES = 1 << 12;

    private final FleetState state;
    private final FleetRequest request;
    private final FleetTensors tensors;
    private final ClException[] failures;

    /** Passes over all samples of a request. */
    FleetMeasurement(FleetState state, FleetRequest request) {
        this.state = state;
        this.request = request;
        ByteBuffer input = memory();
        fill(input);
        this.tensors = FleetTensors.from(input).to(memory());
        this.failures = new ClException[state.backends().size()];
    }

    private ByteBuffer memory() {
        return ByteBuffer.allocateDirect(Math.toIntExact(request.samples() * request.sampleBytes()))
                .order(ByteOrder.nativeOrder());
    }

    /** Values of about the size of a network's. */
    private void fill(ByteBuffer input) {
        float[] values = new float[VALUES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        int bytes = values.length * request.type.bytes();
        for (int at = 0; at < input.capacity(); at += bytes) {
            int size = Math.min(bytes, input.capacity() - at);
            Codec.encode(request.type, values, 0, input.slice(at, size).order(ByteOrder.nativeOrder()));
        }
    }

    /** A pass. Throws the failure of any device: no other device takes its samples. */
    @Override
    public double nanoseconds(double... weights) {
        FleetAbilities abilities = new FleetAbilities(state, request);
        ShareSearch.Found shares = new FleetShares(state, request, abilities).unmeasured(weights);
        FleetPieces.Outcome outcome =
                new FleetPieces(state, request, tensors, abilities).run(shares, new boolean[failures.length]);
        ClException first = null;
        for (int i = 0; i < failures.length; i++) {
            ClException failure = outcome.run().failures()[i];
            failures[i] = failures[i] == null ? failure : failures[i];
            first = first == null ? failure : first;
        }
        if (first != null) {
            throw first;
        }
        return outcome.nanoseconds();
    }

    /** The first failure of each device, or null. */
    ClException[] failures() {
        return failures.clone();
    }
}
