package io.github.clnorm.bench.peers;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Additions;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A workload with additions in libtorch: one operation after the other, as the networks' own code in Python has them. An
 * intermediate tensor is released when the next one exists. Backward, autograd goes back through a graph that each slot
 * keeps.
 *
 * <ul>
 *   <li>the sum: {@code h = x + residual}, which is kept
 *   <li>{@code group_norm} or {@code layer_norm}; rms_norm as in Llama and Gemma: {@code h * rsqrt(h.pow(2).mean(-1) + eps)}
 *       in float32, times weight, or times 1 + weight in float32
 *   <li>{@code y * (1 + scale) + shift}
 *   <li>{@code silu(y)}, or another activation
 * </ul>
 */
final class LibTorchComposition implements Task {

    private final Workload workload;
    private final Direction direction;
    private final List<Pointer> owned = new ArrayList<>();
    private final Tensor gamma;
    private final Tensor beta;
    private final TensorOptional weight;
    private final TensorOptional bias;
    private final Tensor scale;
    private final Tensor shift;
    private final Tensor[] x;
    private final Tensor[] residual;
    private final Tensor[] sums;
    private final Tensor[] y;
    private final Scalar eps = own(new Scalar(Workload.EPS));
    private final Scalar one = own(new Scalar(1.0));
    private final Scalar two = own(new Scalar(2.0));
    private final Scalar offset;
    private final ScalarTypeOptional sameType = own(new ScalarTypeOptional());
    private final BoolOptional retained = own(new BoolOptional(true));
    private final TensorVector[] outputs;
    private final TensorVector[] inputs;
    private final TensorVector[] dy;
    private final TensorVector[] gradients;

    LibTorchComposition(Workload workload, Data data, Direction direction, int slots) {
        this.workload = workload;
        this.direction = direction;
        NormSpec.Kind operation = workload.operation();
        if (operation == NormSpec.Kind.INSTANCE_NORM || operation == NormSpec.Kind.BATCH_NORM) {
            throw new UnsupportedOperationException("not composed");
        }
        gamma = parameter(data.gamma(), workload.parameterShape());
        beta = parameter(data.beta(), workload.parameterShape());
        weight = own(gamma == null ? new TensorOptional() : new TensorOptional(gamma));
        bias = own(beta == null ? new TensorOptional() : new TensorOptional(beta));
        scale = parameter(data.scale(), broadcast());
        shift = parameter(data.shift(), broadcast());
        offset = own(new Scalar(workload.additions().weightOffset()));
        x = copies(data.x(), slots);
        residual = copies(data.residual(), slots);
        sums = new Tensor[slots];
        y = new Tensor[slots];
        outputs = new TensorVector[slots];
        inputs = new TensorVector[slots];
        dy = new TensorVector[slots];
        gradients = new TensorVector[slots];
        if (direction == Direction.BACKWARD) {
            Tensor[] copies = copies(data.dy(), slots);
            for (int slot = 0; slot < slots; slot++) {
                record(slot, copies[slot]);
            }
        }
    }

    private <T extends Pointer> T own(T pointer) {
        owned.add(pointer);
        return pointer;
    }

    /** Null for null. */
    private Tensor parameter(float[] values, long... shape) {
        if (values == null) {
            return null;
        }
        Tensor tensor = own(LibTorchTensors.stored(workload, values, shape));
        tensor.requires_grad_(direction == Direction.BACKWARD);
        return tensor;
    }

    private Tensor[] copies(float[] values, int slots) {
        Tensor[] copies = values == null ? new Tensor[slots] : LibTorchTensors.copies(workload, values, slots);
        Arrays.stream(copies).filter(copy -> copy != null).forEach(this::own);
        return copies;
    }

    /** The shape of a scale that is multiplied with a tensor of the workload's shape. */
    private long[] broadcast() {
        long[] shape = new long[workload.dimensions().size()];
        Arrays.fill(shape, 1);
        shape[0] = workload.scaleShape()[0];
        shape[workload.operation().takes(NormSpec.Argument.LAYOUT) ? 1 : shape.length - 1] = workload.scaleShape()[1];
        return shape;
    }

    /** The forward pass of a slot, with a graph that backward passes use again and again. */
    private void record(int slot, Tensor ofOutput) {
        x[slot].requires_grad_(true);
        AutoGradMode on = new AutoGradMode(true);
        try {
            forward(slot);
        } finally {
            on.close();
        }
        outputs[slot] = own(new TensorVector(y[slot]));
        dy[slot] = own(new TensorVector(ofOutput));
        inputs[slot] = own(new TensorVector(leaves(slot).toArray(Tensor[]::new)));
    }

    private List<Tensor> leaves(int slot) {
        List<Tensor> leaves = new ArrayList<>(List.of(x[slot]));
        for (Tensor tensor : Arrays.asList(gamma, beta, scale, shift)) {
            if (tensor != null) {
                leaves.add(tensor);
            }
        }
        return leaves;
    }

    private void forward(int slot) {
        Tensor input = x[slot];
        if (residual[slot] != null) {
            sums[slot] = input.add(residual[slot]);
            input = sums[slot];
        }
        Tensor value = normalized(input);
        if (scale != null) {
            try (Tensor factor = scale.add(one)) {
                value = then(value, value.mul(factor));
            }
            value = then(value, value.add(shift));
        }
        y[slot] = activated(value);
    }

    /** Releases a tensor that the next one was computed from. */
    private static Tensor then(Tensor before, Tensor next) {
        before.close();
        return next;
    }

    private Tensor normalized(Tensor input) {
        return switch (workload.operation()) {
            case GROUP_NORM -> torch.group_norm(input, workload.numGroups(), weight, bias, Workload.EPS, false);
            case LAYER_NORM -> torch.layer_norm(input, workload.parameterShape(), weight, bias, Workload.EPS, false);
            case RMS_NORM -> rms(input);
            default -> throw new UnsupportedOperationException("not composed");
        };
    }

    private Tensor rms(Tensor input) {
        Tensor value;
        // toType returns the same tensor if it has the type.
        try (Tensor wide = input.toType(torch.ScalarType.Float)) {
            Tensor rstd = wide.pow(two);
            rstd = then(rstd, rstd.mean(new long[] {-1}, true, sameType));
            rstd = then(rstd, rstd.add(eps));
            rstd = then(rstd, rstd.rsqrt());
            value = then(rstd, wide.mul(rstd));
        }
        if (workload.additions().weightOffset() != 0) {
            try (Tensor wide = gamma.toType(torch.ScalarType.Float);
                    Tensor factor = wide.add(offset)) {
                value = then(value, value.mul(factor));
            }
            return then(value, value.toType(input.scalar_type()));
        }
        value = then(value, value.toType(input.scalar_type()));
        value = gamma == null ? value : then(value, value.mul(gamma));
        return beta == null ? value : then(value, value.add(beta));
    }

    private Tensor activated(Tensor value) {
        return switch (workload.additions().activation()) {
            case NONE -> value;
            case RELU -> then(value, torch.relu(value));
            case SILU -> then(value, torch.silu(value));
            case GELU -> then(value, torch.gelu(value));
            case GELU_TANH -> then(value, torch.gelu(value, "tanh"));
        };
    }

    @Override
    public Object run(int slot) {
        if (direction == Direction.FORWARD) {
            release(y, slot);
            release(sums, slot);
            forward(slot);
            return y[slot];
        }
        release(gradients, slot);
        gradients[slot] = torch.grad(outputs[slot], inputs[slot], dy[slot], retained, false, false);
        return gradients[slot];
    }

    private static <T extends Pointer> void release(T[] pointers, int slot) {
        if (pointers[slot] != null) {
            pointers[slot].close();
            pointers[slot] = null;
        }
    }

    @Override
    public PeerResults results(int slot) {
        if (direction == Direction.FORWARD) {
            return PeerResults.forward(LibTorchTensors.floats(workload, y[slot]));
        }
        Additions additions = workload.additions();
        int at = 0;
        float[] dx = gradient(slot, at++);
        float[] ofWeight = additions.hasWeight() ? gradient(slot, at++) : null;
        float[] ofBias = additions.hasBias() ? gradient(slot, at++) : null;
        float[] ofScale = additions.scaleShift() ? gradient(slot, at++) : null;
        float[] ofShift = additions.scaleShift() ? gradient(slot, at) : null;
        return new PeerResults(dx, ofWeight, ofBias, ofScale, ofShift);
    }

    /** dx comes first: a gradient of parameters has the same values in both orders of the axes. */
    private float[] gradient(int slot, int index) {
        try (Tensor gradient = gradients[slot].get(index)) {
            return LibTorchTensors.floats(workload, gradient);
        }
    }

    @Override
    public void close() {
        for (int slot = 0; slot < x.length; slot++) {
            release(gradients, slot);
            release(y, slot);
            release(sums, slot);
        }
        owned.forEach(Pointer::close);
    }
}
