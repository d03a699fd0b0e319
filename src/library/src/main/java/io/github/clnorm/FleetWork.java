package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.fleet.PieceRun;
import io.github.clnorm.internal.fleet.SamplePieces;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the devices of a fleet do with the pieces of a request. Each device has its own parameters, made when its first piece
 * comes. A device that shares the host's memory works on direct buffers of bytes; others get copies.
 *
 * <p>Thread-safe.
 */
final class FleetWork implements PieceRun.Work, AutoCloseable {

    /** The host's memory of pieces. */
    interface Operand {
        /** A buffer of the elements of a piece, which no other piece uses. */
        Buffer of(int piece);
    }

    private final FleetRequest request;
    private final SamplePieces pieces;
    private final Operand source;
    private final Operand target;
    private final List<OnDevice> devices;

    FleetWork(FleetRequest request, SamplePieces pieces, List<Backend> backends, Operand source, Operand target) {
        this.request = request;
        this.pieces = pieces;
        this.source = source;
        this.target = target;
        this.devices = backends.stream().map(OnDevice::new).toList();
    }

    @Override
    public void compute(int device, int piece) {
        devices.get(device).compute(piece);
    }

    /** Frees the parameters. Returns what each device answered, null for success. */
    ClException[] release() {
        return devices.stream().map(OnDevice::release).toArray(ClException[]::new);
    }

    @Override
    public void close() {
        release();
    }

    /**
     * A device. One thread at a time waits for it: it reports a failed command to any call that waits, so that no call's
     * success says anything until the calls before it have returned.
     */
    private final class OnDevice {
        private final Backend backend;
        private final LayerTensors tensors;
        private final ReentrantLock waiting = new ReentrantLock();
        private ChannelState state;
        private ClException failure;

        OnDevice(Backend backend) {
            this.backend = backend;
            this.tensors = new LayerTensors(backend);
        }

        void compute(int piece) {
            long[] shape = request.shapeOf(pieces.size(piece));
            Buffer from = source.of(piece);
            Buffer to = target.of(piece);
            try (Tensor x = input(from, shape);
                    Tensor y = onHost(to) ? backend.wrap((ByteBuffer) to, request.type, shape) : output(shape)) {
                Options options = Options.DEFAULTS
                        .layout(request.spec.layout())
                        .activation(request.spec.activation())
                        .output(y);
                request.spec.pass(x, state, options).normalized(false, request.spec.name());
                awaiting(() -> {
                    if (y.sharesHostMemory()) {
                        backend.finish();
                    } else {
                        y.get(to);
                    }
                });
            } catch (ClException e) {
                throw failed(e);
            }
        }

        private Tensor input(Buffer from, long... shape) {
            Tensor[] made = new Tensor[1];
            awaiting(() -> {
                if (state == null) {
                    state = state();
                }
                if (!onHost(from)) {
                    made[0] = backend.tensor(request.type, from, shape);
                }
            });
            return made[0] != null ? made[0] : backend.wrap((ByteBuffer) from, request.type, shape);
        }

        private Tensor output(long... shape) {
            return backend.empty(request.type, shape);
        }

        /** Whether the device works on a buffer itself. */
        private boolean onHost(Buffer buffer) {
            return buffer instanceof ByteBuffer bytes
                    && bytes.isDirect()
                    && !bytes.isReadOnly()
                    && bytes.alignmentOffset(bytes.position(), request.type.bytes()) == 0
                    && backend.session().worksOn(bytes);
        }

        private void awaiting(Runnable call) {
            waiting.lock();
            try {
                if (failure != null) {
                    throw failure;
                }
                call.run();
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

        private ChannelState state() {
            NormSpec.Common common = request.spec.common();
            Tensor weight = parameter(common.hasWeight(), 1, common.weight());
            Tensor bias = parameter(common.hasBias(), 0, common.bias());
            if (request.isByRunningStatistics() && request.spec instanceof ChannelStatisticsSpec<?> spec) {
                return new ChannelState(
                        weight,
                        bias,
                        own(0, spec.tracking().mean()),
                        own(1, spec.tracking().variance()));
            }
            return ChannelState.of(weight, bias);
        }

        /** A parameter as the layer has it; a spec for any number of channels has only those that are given. */
        private Tensor parameter(boolean wanted, float initial, float... values) {
            return wanted && (values != null || request.spec.parameters() != NormSpec.ANY)
                    ? own(initial, values)
                    : null;
        }

        private Tensor own(float initial, float... values) {
            return tensors.own(request.type.accumulator(), initial, values, request.parameterShape());
        }

        ClException release() {
            try {
                tensors.close();
                return null;
            } catch (ClException e) {
                return e;
            }
        }
    }

    @Override
    public String toString() {
        return request + " on "
                + Arrays.toString(devices.stream().map(each -> each.backend).toArray());
    }
}
