package io.github.clnorm;

import io.github.clnorm.internal.fleet.PieceRun;
import io.github.clnorm.internal.fleet.SamplePieces;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.stream.TensorSource;
import io.github.clnorm.internal.stream.TensorTarget;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;

/** The memory of pieces on the host: parts of a caller's buffer, or staging of the fleet. */
final class FleetBuffers {

    // For integrated GPUs.
    private static final int PAGE_BYTES = 4096;

    private FleetBuffers() {}

    /** The elements of a source buffer. Rejects one that does not hold the tensor. */
    static HostElements source(FleetRequest request, Buffer source) {
        return HostElements.source(request.type, source, Shapes.text(request.shape), request.elements());
    }

    /** The elements of a target buffer. Rejects one that cannot take the tensor. */
    static HostElements target(FleetRequest request, Buffer target) {
        return HostElements.target(request.type, target, Shapes.text(request.shape), request.elements());
    }

    /** Parts of a caller's buffer that was checked. */
    static FleetWork.Operand parts(FleetRequest request, SamplePieces pieces, Buffer buffer) {
        Buffer all = from(buffer, buffer.position(), buffer.remaining());
        long ofSample = request.samples() == 0 ? 0 : all.remaining() / request.samples();
        return piece -> from(
                all, Math.toIntExact(pieces.first(piece) * ofSample), Math.toIntExact(pieces.size(piece) * ofSample));
    }

    /** Some elements of a buffer, counted from its position 0. */
    static Buffer from(Buffer buffer, int first, int count) {
        if (buffer instanceof ByteBuffer bytes) {
            return bytes.slice(first, count).order(bytes.order());
        }
        if (buffer instanceof ShortBuffer shorts) {
            return shorts.slice(first, count);
        }
        return buffer instanceof FloatBuffer floats
                ? floats.slice(first, count)
                : ((DoubleBuffer) buffer).slice(first, count);
    }

    /** Direct memory for the pieces of a window, kept for the next pass. Not thread-safe. */
    static final class Slots {
        private final List<ByteBuffer> slots = new ArrayList<>();

        /** As many slots as a window has pieces, each for a piece of that size. */
        FleetWork.Operand slots(FleetRequest request, SamplePieces pieces, int window) {
            int bytes = Math.toIntExact(pieces.perPiece() * request.sampleBytes());
            slots.removeIf(slot -> slot.capacity() < bytes);
            while (slots.size() < window) {
                int pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
                // alignedSlice drops what is no whole page at both ends.
                slots.add(ByteBuffer.allocateDirect((pages + 1) * PAGE_BYTES).alignedSlice(PAGE_BYTES));
            }
            List<ByteBuffer> taken = List.copyOf(slots);
            return piece -> taken.get(piece % window)
                    .slice(0, Math.toIntExact(pieces.size(piece) * request.sampleBytes()))
                    .order(ByteOrder.nativeOrder());
        }

        /** Frees the memory as soon as Java collects it. */
        void clear() {
            slots.clear();
        }
    }

    /** Reads the pieces of a source that goes in order. */
    static PieceRun.Step reader(
            FleetRequest request, SamplePieces pieces, TensorSource source, FleetWork.Operand slots) {
        return piece -> source.read(element(request, pieces, piece), (ByteBuffer) slots.of(piece));
    }

    /** Writes the pieces of a target that goes in order. */
    static PieceRun.Step writer(
            FleetRequest request, SamplePieces pieces, TensorTarget target, FleetWork.Operand slots) {
        return piece -> target.write(element(request, pieces, piece), (ByteBuffer) slots.of(piece));
    }

    private static long element(FleetRequest request, SamplePieces pieces, int piece) {
        return pieces.first(piece) * (request.sampleBytes() / request.type.bytes());
    }
}
