package io.github.clnorm;

import java.nio.Buffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * The tensors of a fleet's pass. Immutable.
 *
 * @param source x
 * @param gradOutput dy; null in a forward pass
 * @param target y or dx; null if dx is not wanted
 */
record FleetTensors(FleetSource source, FleetSource gradOutput, FleetTarget target) {

    static FleetTensors from(Buffer source) {
        return new FleetTensors(FleetSource.of(source, "source"), null, null);
    }

    static FleetTensors from(ReadableByteChannel source) {
        return new FleetTensors(FleetSource.of(source, "source"), null, null);
    }

    FleetTensors gradOutput(Buffer value) {
        return new FleetTensors(source, FleetSource.of(value, "gradOutput"), target);
    }

    FleetTensors gradOutput(ReadableByteChannel value) {
        return new FleetTensors(source, FleetSource.of(value, "gradOutput"), target);
    }

    FleetTensors to(Buffer value) {
        return new FleetTensors(source, gradOutput, FleetTarget.of(value, "target"));
    }

    FleetTensors to(WritableByteChannel value) {
        return new FleetTensors(source, gradOutput, FleetTarget.of(value, "target"));
    }

    /** Rejects buffers that do not hold the tensor, and a target that overlaps a source. */
    void check(FleetRequest request) {
        source.check(request);
        if (gradOutput != null) {
            gradOutput.check(request);
        }
        if (target != null) {
            target.check(request);
            checkOverlap(source);
            checkOverlap(gradOutput);
        }
    }

    private void checkOverlap(FleetSource read) {
        if (read != null
                && read.buffer() != null
                && target.buffer() != null
                && HostOverlap.of(read.buffer(), target.buffer())) {
            throw new IllegalArgumentException(
                    "a target overlaps a source: a fleet reads a tensor again, and its samples"
                            + " when a device fails");
        }
    }
}
