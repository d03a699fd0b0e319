package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.fleet.PieceRun;
import io.github.clnorm.internal.fleet.SamplePieces;
import io.github.clnorm.internal.geometry.ForwardProblem;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the devices of a fleet do with the pieces of a request. A device that shares the host's memory works on direct buffers
 * of bytes; others get copies.
 *
 * <p>Thread-safe.
 */
final class FleetWork implements PieceRun.PieceWork {

    /** The host's memory of pieces. */
    interface Operand {
        /** A buffer of the elements of a piece, which no other piece uses. */
        Buffer of(int piece);
    }

    private final FleetRequest request;
    private final SamplePieces pieces;
    private final FleetParameters parameters;
    private final Operand source;
    private final Operand target;
    // Null if the result of a piece is read while it is in the cache.
    private final ForwardProblem whole;
    private final List<OnDevice> devices = new ArrayList<>();

    FleetWork(
            FleetRequest request,
            SamplePieces pieces,
            FleetParameters parameters,
            Operand source,
            Operand target,
            boolean isRead) {
        this.request = request;
        this.pieces = pieces;
        this.parameters = parameters;
        this.source = source;
        this.target = target;
        this.whole = isRead ? null : request.problem();
        for (int i = 0; i < parameters.backends().size(); i++) {
            devices.add(new OnDevice(i));
        }
    }

    @Override
    public void compute(int device, int piece) {
        devices.get(device).compute(piece);
    }

    /**
     * A device. One thread at a time waits for it: it reports a failed command to any call that waits, so that no call's
     * success says anything until the calls before it have returned.
     */
    private final class OnDevice {
        private final int index;
        private final Backend backend;
        private final ReentrantLock waiting = new ReentrantLock();
        private ClException failure;

        OnDevice(int index) {
            this.index = index;
            this.backend = parameters.backends().get(index);
        }

        void compute(int piece) {
            long[] shape = request.shapeOf(pieces.size(piece));
            Buffer from = source.of(piece);
            Buffer to = target.of(piece);
            try {
                ChannelState state = awaiting(() -> parameters.on(index));
                try (Tensor x = input(from, shape);
                        Tensor y = output(to, shape)) {
                    Options options = Options.DEFAULTS
                            .layout(request.spec.layout())
                            .activation(request.spec.activation())
                            .output(y);
                    request.spec.pass(x, state, options).partOf(whole).normalized(false, request.spec.name());
                    awaiting(() -> fetch(y, to));
                }
            } catch (ClException e) {
                throw failed(e);
            }
        }

        private Tensor input(Buffer from, long... shape) {
            return onHost(from)
                    ? backend.wrap((ByteBuffer) from, request.type, shape)
                    : awaiting(() -> backend.tensor(request.type, from, shape));
        }

        private Tensor output(Buffer to, long... shape) {
            return onHost(to) ? backend.wrap((ByteBuffer) to, request.type, shape) : backend.empty(request.type, shape);
        }

        private Tensor fetch(Tensor y, Buffer to) {
            if (y.sharesHostMemory()) {
                backend.finish();
            } else {
                y.get(to);
            }
            return y;
        }

        /** Whether the device works on a buffer itself. */
        private boolean onHost(Buffer buffer) {
            return buffer instanceof ByteBuffer bytes
                    && bytes.isDirect()
                    && !bytes.isReadOnly()
                    && bytes.alignmentOffset(bytes.position(), request.type.bytes()) == 0
                    && backend.session().worksOn(bytes);
        }

        private interface Call<T> {
            T make();
        }

        private <T> T awaiting(Call<T> call) {
            waiting.lock();
            try {
                if (failure != null) {
                    throw failure;
                }
                return call.make();
            } catch (ClException e) {
                failure = failure == null ? e : failure;
                throw e;
            } finally {
                waiting.unlock();
            }
        }

        /** After a failure nothing may write to the caller's memory any more. */
        private ClException failed(ClException e) {
            waiting.lock();
            try {
                failure = failure == null ? e : failure;
                backend.finish();
            } catch (ClException again) {
                if (again != e) {
                    e.addSuppressed(again);
                }
            } finally {
                waiting.unlock();
            }
            return e;
        }
    }
}
