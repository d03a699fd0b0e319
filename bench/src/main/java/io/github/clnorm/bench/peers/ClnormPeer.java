package io.github.clnorm.bench.peers;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelState;
import io.github.clnorm.Functional;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.Gradients;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Saved;
import io.github.clnorm.Tensor;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;

/** clnorm on PoCL through its functional API. y and dx are preallocated; each call allocates the other results. */
final class ClnormPeer implements Peer {

    /** PoCL, as a selector. */
    static final String DEVICE = "portable";

    private final Backend backend = Backend.open(DEVICE);

    ClnormPeer(int threads) {
        int units = backend.device().computeUnits();
        if (units != threads) {
            backend.close();
            throw new IllegalStateException("PoCL has " + units + " threads, not " + threads);
        }
    }

    @Override
    public String version() {
        return Versions.ofClnorm() + " on " + backend.device().description();
    }

    @Override
    public Task prepare(Workload workload, Data data, Direction direction, int slots) {
        Prepared task = new Prepared(workload, data, slots);
        return direction == Direction.FORWARD ? task.new Forward() : task.new Backward();
    }

    @Override
    public Task chain(Workload workload, Data data, Direction direction, int slots, int calls) {
        Prepared task = new Prepared(workload, data, slots);
        return direction == Direction.FORWARD ? task.new ForwardChain(calls) : task.new BackwardChain(calls);
    }

    @Override
    public void close() {
        backend.close();
    }

    /** The tensors, and the calls by operation. */
    private final class Prepared {
        private final Workload workload;
        private final Data data;
        private final Tensor gamma;
        private final Tensor beta;
        private final Tensor scale;
        private final Tensor shift;
        private final Tensor[] x;
        private final Tensor[] residual;
        private final Tensor[] sum;

        Prepared(Workload workload, Data data, int slots) {
            this.workload = workload;
            this.data = data;
            gamma = parameter(data.gamma(), workload.parameterShape());
            beta = parameter(data.beta(), workload.parameterShape());
            scale = parameter(data.scale(), workload.scaleShape());
            shift = parameter(data.shift(), workload.scaleShape());
            x = copies(data.x(), slots);
            boolean adds = workload.additions().residual();
            residual = adds ? copies(data.residual(), slots) : new Tensor[slots];
            sum = adds ? empty(slots) : new Tensor[slots];
        }

        /** Null for null. */
        private Tensor parameter(float[] values, long... shape) {
            return values == null ? null : backend.tensor(workload.type(), values, shape);
        }

        private Tensor[] copies(float[] values, int slots) {
            Tensor[] copies = new Tensor[slots];
            for (int slot = 0; slot < slots; slot++) {
                copies[slot] = backend.tensor(workload.type(), values, workload.shape());
            }
            return copies;
        }

        private Tensor[] empty(int slots) {
            Tensor[] tensors = new Tensor[slots];
            for (int slot = 0; slot < slots; slot++) {
                tensors[slot] = backend.empty(workload.type(), workload.shape());
            }
            return tensors;
        }

        private void close(Tensor[] tensors) {
            for (Tensor tensor : tensors) {
                if (tensor != null) {
                    tensor.close();
                }
            }
        }

        private void close() {
            close(x);
            close(residual);
            close(sum);
            close(new Tensor[] {gamma, beta, scale, shift});
        }

        /** The x of a slot. */
        private Normalized normalize(int slot, Tensor output) {
            return normalize(x[slot], Options.DEFAULTS.residual(residual[slot]).sum(sum[slot]), output);
        }

        private Normalized normalize(Tensor input, Options options, Tensor output) {
            return Functional.forward(
                    workload.spec(),
                    input,
                    ChannelState.of(gamma, beta),
                    options.scaleShift(scale, shift).output(output));
        }

        private Gradients back(Tensor dy, Tensor input, Saved saved, Tensor output) {
            return Functional.backward(
                    workload.spec(),
                    dy,
                    input,
                    ChannelState.of(gamma, beta),
                    saved,
                    GradientOptions.DEFAULTS.scaleShift(scale, shift).output(output));
        }

        /** All but dx. */
        private void closeParameters(Gradients gradients) {
            if (gradients != null) {
                new Gradients(null, gradients.weight(), gradients.bias(), gradients.scale(), gradients.shift()).close();
            }
        }

        private PeerResults results(Tensor dx, Gradients gradients) {
            return new PeerResults(
                    dx.toFloats(),
                    floats(gradients.weight()),
                    floats(gradients.bias()),
                    floats(gradients.scale()),
                    floats(gradients.shift()));
        }

        private float[] floats(Tensor tensor) {
            return tensor == null ? null : tensor.toFloats();
        }

        /** y from x. */
        private final class Forward implements Task {
            private final Tensor[] y = empty(x.length);

            @Override
            public Object run(int slot) {
                Normalized normalized = normalize(slot, y[slot]);
                backend.finish();
                normalized.saved().close();
                return normalized;
            }

            @Override
            public PeerResults results(int slot) {
                return PeerResults.forward(y[slot].toFloats());
            }

            @Override
            public void close() {
                Prepared.this.close(y);
                Prepared.this.close();
            }
        }

        /** dx and the gradients of parameters from dy and x, or from the sum that the forward pass kept. */
        private final class Backward implements Task {
            private final Tensor[] dy = copies(data.dy(), x.length);
            private final Tensor[] dx = empty(x.length);
            private final Gradients[] last = new Gradients[x.length];
            private final Tensor[] normalized = workload.additions().residual() ? sum : x;
            private final Normalized forward = normalize(0, dx[0]);

            Backward() {
                for (int slot = 1; slot < x.length && normalized == sum; slot++) {
                    normalize(slot, dx[slot]).saved().close();
                }
            }

            @Override
            public Object run(int slot) {
                closeParameters(last[slot]);
                last[slot] = back(dy[slot], normalized[slot], forward.saved(), dx[slot]);
                backend.finish();
                return last[slot];
            }

            @Override
            public PeerResults results(int slot) {
                return Prepared.this.results(dx[slot], last[slot]);
            }

            @Override
            public void close() {
                for (Gradients gradients : last) {
                    closeParameters(gradients);
                }
                forward.saved().close();
                Prepared.this.close(dy);
                Prepared.this.close(dx);
                Prepared.this.close();
            }
        }

        /** Several forward passes, each of the result of the one before. */
        private final class ForwardChain implements Task {
            private final int calls;
            private final Tensor[] y = empty(Chained.BUFFERS);

            ForwardChain(int calls) {
                this.calls = calls;
            }

            @Override
            public Object run(int slot) {
                Tensor input = x[0];
                for (int call = 0; call < calls; call++) {
                    Tensor output = y[Chained.output(call)];
                    normalize(input, Options.DEFAULTS, output).saved().close();
                    input = output;
                }
                backend.finish();
                return input;
            }

            @Override
            public PeerResults results(int slot) {
                return PeerResults.forward(y[Chained.output(calls - 1)].toFloats());
            }

            @Override
            public void close() {
                Prepared.this.close(y);
                Prepared.this.close();
            }
        }

        /** Several backward passes, each from the dx of the one before and an x of its own. */
        private final class BackwardChain implements Task {
            private final int calls;
            private final Tensor[] dy = copies(data.dy(), 1);
            private final Tensor[] dx = empty(Chained.BUFFERS);
            private final Normalized forward = normalize(0, dx[0]);
            private Gradients last;

            BackwardChain(int calls) {
                this.calls = calls;
            }

            @Override
            public Object run(int slot) {
                Tensor gradient = dy[0];
                for (int call = 0; call < calls; call++) {
                    Tensor output = dx[Chained.output(call)];
                    closeParameters(last);
                    last = back(gradient, x[(slot + call) % x.length], forward.saved(), output);
                    gradient = output;
                }
                backend.finish();
                return gradient;
            }

            @Override
            public PeerResults results(int slot) {
                return Prepared.this.results(dx[Chained.output(calls - 1)], last);
            }

            @Override
            public void close() {
                closeParameters(last);
                forward.saved().close();
                Prepared.this.close(dy);
                Prepared.this.close(dx);
                Prepared.this.close();
            }
        }
    }
}
