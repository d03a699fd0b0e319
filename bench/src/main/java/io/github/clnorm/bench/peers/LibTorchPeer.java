package io.github.clnorm.bench.peers;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * libtorch through the functions that its autograd calls, for example {@code native_group_norm}; workloads with additions
 * and rms_norm by {@link LibTorchComposition}. They allocate their results. A slot's results are released just before they are computed again, so that the results of several slots
 * exist at the same time, as for the other peers.
 */
final class LibTorchPeer implements Peer {

    private static final double MOMENTUM = 0.1;

    LibTorchPeer(int threads) {
        torch.set_num_threads(threads);
    }

    @Override
    public String version() {
        return Versions.ofBytedeco("pytorch");
    }

    @Override
    public Task prepare(Workload workload, Data data, Direction direction, int slots) {
        return workload.plain() && workload.operation() != NormSpec.Kind.RMS_NORM
                ? prepared(workload, data, direction, slots)
                : new LibTorchComposition(workload, data, direction, slots);
    }

    private static Prepared prepared(Workload workload, Data data, Direction direction, int slots) {
        if (workload.operation() == NormSpec.Kind.INSTANCE_NORM
                && Shape.of(workload).last()) {
            // at::instance_norm calls contiguous() and returns its result channels first.
            throw new UnsupportedOperationException("only by a copy to channels_first");
        }
        return direction == Direction.FORWARD
                ? new Forward(workload, data, slots)
                : new Backward(workload, data, slots);
    }

    @Override
    public Task chain(Workload workload, Data data, Direction direction, int slots, int calls) {
        return new Chain(prepared(workload, data, direction, slots), calls);
    }

    @Override
    public void close() {}

    /** The tensors, and the calls by operation. */
    private abstract static class Prepared implements Task {
        final Workload workload;
        final Shape shape;
        final TensorOptional gamma;
        final TensorOptional beta;
        final TensorOptional none = new TensorOptional();
        final Tensor[] x;
        final T_TensorTensorTensor_T[] last;
        private final List<Pointer> owned = new ArrayList<>();

        Prepared(Workload workload, Data data, int slots) {
            this.workload = workload;
            shape = Shape.of(workload);
            gamma = parameter(data.gamma());
            beta = parameter(data.beta());
            x = copies(data.x(), slots);
            last = new T_TensorTensorTensor_T[slots];
        }

        final <T extends Pointer> T own(T pointer) {
            owned.add(pointer);
            return pointer;
        }

        /** instance_norm is batch_norm of one sample: its parameters are repeated for every sample. */
        private TensorOptional parameter(float[] values) {
            Tensor tensor = own(LibTorchTensors.stored(workload, values, values.length));
            boolean instance = workload.operation() == NormSpec.Kind.INSTANCE_NORM;
            return own(new TensorOptional(instance ? own(tensor.repeat(shape.samples())) : tensor));
        }

        final Tensor[] copies(float[] values, int slots) {
            Tensor[] copies = LibTorchTensors.copies(workload, values, slots);
            for (int slot = 0; slot < slots; slot++) {
                copies[slot] = own(viewed(copies[slot]));
            }
            return copies;
        }

        private Tensor viewed(Tensor tensor) {
            if (workload.operation() != NormSpec.Kind.INSTANCE_NORM) {
                // No view, not even with the same dimensions: with one sample it would lose channels last.
                return tensor;
            }
            try (tensor) {
                return tensor.view(1, (long) shape.samples() * shape.channels(), shape.positions());
            }
        }

        final float[] floats(Tensor tensor) {
            return LibTorchTensors.floats(workload, tensor);
        }

        final T_TensorTensorTensor_T forward(Tensor input) {
            return switch (workload.operation()) {
                case GROUP_NORM -> torch.native_group_norm(
                        input,
                        gamma,
                        beta,
                        shape.samples(),
                        shape.channels(),
                        shape.positions(),
                        shape.groups(),
                        Workload.EPS);
                case LAYER_NORM -> torch.native_layer_norm(input, workload.parameterShape(), gamma, beta, Workload.EPS);
                case INSTANCE_NORM, BATCH_NORM -> torch.native_batch_norm(
                        input, gamma, beta, none, none, true, MOMENTUM, Workload.EPS);
                default -> throw new UnsupportedOperationException("no native_" + workload.operation());
            };
        }

        /** What the pass of a slot reads besides saved results: x or dy. */
        abstract Tensor input(int slot);

        /** The pass with the x of a slot. */
        abstract T_TensorTensorTensor_T call(int slot, Tensor input);

        @Override
        public final Object run(int slot) {
            release(slot);
            last[slot] = call(slot, input(slot));
            return last[slot];
        }

        final void release(int slot) {
            if (last[slot] != null) {
                last[slot].close();
                last[slot] = null;
            }
        }

        @Override
        public void close() {
            for (int slot = 0; slot < last.length; slot++) {
                release(slot);
            }
            owned.forEach(Pointer::close);
            none.close();
        }
    }

    /** y, mean and rstd from x. */
    private static final class Forward extends Prepared {
        Forward(Workload workload, Data data, int slots) {
            super(workload, data, slots);
        }

        @Override
        Tensor input(int slot) {
            return x[slot];
        }

        @Override
        T_TensorTensorTensor_T call(int slot, Tensor input) {
            return forward(input);
        }

        @Override
        public PeerResults results(int slot) {
            return PeerResults.forward(floats(last[slot].get0()));
        }
    }

    /** dx, dγ and dβ from x and dy. */
    private static final class Backward extends Prepared {
        private final Tensor[] dy;
        private final T_TensorTensorTensor_T saved;
        private final Tensor mean;
        private final Tensor rstd;
        private final TensorOptional savedMean;
        private final TensorOptional savedRstd;
        private final BoolPointer all = own(mask());

        Backward(Workload workload, Data data, int slots) {
            super(workload, data, slots);
            dy = copies(data.dy(), slots);
            saved = own(forward(x[0]));
            mean = saved.get1();
            rstd = saved.get2();
            savedMean = own(new TensorOptional(mean));
            savedRstd = own(new TensorOptional(rstd));
        }

        @Override
        Tensor input(int slot) {
            return dy[slot];
        }

        @Override
        T_TensorTensorTensor_T call(int slot, Tensor input) {
            return switch (workload.operation()) {
                case GROUP_NORM -> torch.native_group_norm_backward(
                        input,
                        x[slot],
                        mean,
                        rstd,
                        gamma,
                        shape.samples(),
                        shape.channels(),
                        shape.positions(),
                        shape.groups(),
                        all);
                case LAYER_NORM -> torch.native_layer_norm_backward(
                        input, x[slot], workload.parameterShape(), mean, rstd, gamma, beta, all);
                case INSTANCE_NORM, BATCH_NORM -> torch.native_batch_norm_backward(
                        input, x[slot], gamma, none, none, savedMean, savedRstd, true, Workload.EPS, all);
                default -> throw new UnsupportedOperationException("no native_" + workload.operation());
            };
        }

        private static BoolPointer mask() {
            return new BoolPointer(3).put(0, true).put(1, true).put(2, true);
        }

        @Override
        public PeerResults results(int slot) {
            T_TensorTensorTensor_T gradients = last[slot];
            return new PeerResults(
                    floats(gradients.get0()), parameterGradient(gradients.get1()), parameterGradient(gradients.get2()));
        }

        /** If parameters were repeated, adds the gradients of the repetitions. */
        private float[] parameterGradient(Tensor gradient) {
            float[] values = floats(gradient);
            if (workload.operation() != NormSpec.Kind.INSTANCE_NORM) {
                return values;
            }
            float[] sums = new float[shape.channels()];
            for (int i = 0; i < values.length; i++) {
                sums[i % sums.length] += values[i];
            }
            return sums;
        }
    }

    /**
     * Several calls, one after the other. The input of a call is released after it, so that the next one gets its memory
     * from the allocator: two tensors alternate, as for the other peers.
     */
    private record Chain(Prepared prepared, int calls) implements Task {

        @Override
        public Object run(int slot) {
            prepared.release(0);
            Tensor input = prepared.input(0);
            for (int call = 0; call < calls; call++) {
                T_TensorTensorTensor_T results = prepared.call((slot + call) % prepared.x.length, input);
                prepared.release(0);
                prepared.last[0] = results;
                input = results.get0();
            }
            return prepared.last[0];
        }

        @Override
        public PeerResults results(int slot) {
            return prepared.results(0);
        }

        @Override
        public void close() {
            prepared.close();
        }
    }
}
