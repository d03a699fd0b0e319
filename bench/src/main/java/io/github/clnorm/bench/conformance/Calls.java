package io.github.clnorm.bench.conformance;

import io.github.clnorm.bench.conformance.CaseList.Case;
import java.util.Arrays;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Each method runs one operation and writes its inputs and outputs as a case. Parameters may be null. */
final class Calls {

    static final double EPS = 1e-5;
    static final double MOMENTUM = 0.1;

    private final CaseList cases;

    Calls(CaseList cases) {
        this.cases = cases;
    }

    void groupNorm(String name, String source, Tensor input, long groups, Tensor weight, Tensor bias, double eps) {
        Case made = begin(name, "group_norm", source, input, weight, bias)
                .argument("num_groups", groups)
                .argument("eps", eps)
                .argument("layout", "channels_first");
        Tensor output = torch.group_norm(input, groups, Torch.optional(weight), Torch.optional(bias), eps, false);
        long[] shape = input.shape();
        long positions = Arrays.stream(shape).skip(2).reduce(1, (a, b) -> a * b);
        T_TensorTensorTensor_T parts = torch.native_group_norm(
                input, Torch.optional(weight), Torch.optional(bias), shape[0], shape[1], positions, groups, eps);
        finish(made, output, parts);
        // libtorch allocates the bias's gradient like the weight's, and without a weight throws "tensor does not have a
        // device". The bias is left out in this case; no other gradient depends on it.
        gradients(
                made,
                input,
                weight,
                weight == null ? null : bias,
                (x, gamma, beta) ->
                        torch.group_norm(x, groups, Torch.optional(gamma), Torch.optional(beta), eps, false));
    }

    void layerNorm(
            String name, String source, Tensor input, long[] normalized, Tensor weight, Tensor bias, double eps) {
        Case made = begin(name, "layer_norm", source, input, weight, bias)
                .argument("normalized_shape", normalized)
                .argument("eps", eps);
        Tensor output = torch.layer_norm(input, normalized, Torch.optional(weight), Torch.optional(bias), eps, false);
        T_TensorTensorTensor_T parts =
                torch.native_layer_norm(input, normalized, Torch.optional(weight), Torch.optional(bias), eps);
        finish(made, output, parts);
        gradients(
                made,
                input,
                weight,
                bias,
                (x, gamma, beta) ->
                        torch.layer_norm(x, normalized, Torch.optional(gamma), Torch.optional(beta), eps, false));
    }

    void rmsNorm(String name, String source, Tensor input, long[] normalized, Tensor weight, Double eps) {
        Case made = begin(name, "rms_norm", source, input, weight, null)
                .argument("normalized_shape", normalized)
                .argument("eps", eps)
                .expect("output", torch.rms_norm(input, normalized, Torch.optional(weight), Torch.optional(eps)));
        gradients(
                made,
                input,
                weight,
                null,
                (x, gamma, beta) -> torch.rms_norm(x, normalized, Torch.optional(gamma), Torch.optional(eps)));
    }

    /** The initial running mean and variance, and how the call uses them. */
    record Running(Tensor mean, Tensor variance, double momentum) {

        static final Running NONE = new Running(null, null, MOMENTUM);

        /** A copy, because libtorch updates its arguments. */
        Running copy() {
            return new Running(Torch.copy(mean), Torch.copy(variance), momentum);
        }

        private void before(Case made) {
            made.argument("momentum", momentum).tensor("running_mean", mean).tensor("running_var", variance);
        }

        private void after(Case made) {
            if (mean != null) {
                made.expect("running_mean", mean).expect("running_var", variance);
            }
        }
    }

    void batchNorm(
            String name,
            String source,
            Tensor input,
            Running running,
            Tensor weight,
            Tensor bias,
            boolean training,
            double eps) {
        Case made = begin(name, "batch_norm", source, input, weight, bias)
                .argument("training", training)
                .argument("eps", eps)
                .argument("layout", "channels_first");
        running.before(made);
        Running after = running.copy();
        Tensor output = batchNorm(input, after, weight, bias, training, eps);
        made.expect("output", output);
        after.after(made);
        // In evaluation, and without elements, libtorch computes no statistics.
        if (training && input.numel() > 0) {
            Running again = running.copy();
            T_TensorTensorTensor_T parts = torch.native_batch_norm(
                    input,
                    Torch.optional(weight),
                    Torch.optional(bias),
                    Torch.optional(again.mean),
                    Torch.optional(again.variance),
                    training,
                    running.momentum,
                    eps);
            statistics(made, output, parts);
        }
        gradients(
                made,
                input,
                weight,
                bias,
                (x, gamma, beta) -> batchNorm(x, running.copy(), gamma, beta, training, eps));
    }

    static Tensor batchNorm(Tensor input, Running running, Tensor weight, Tensor bias, boolean training, double eps) {
        return torch.batch_norm(
                input,
                Torch.optional(weight),
                Torch.optional(bias),
                Torch.optional(running.mean),
                Torch.optional(running.variance),
                training,
                running.momentum,
                eps,
                false);
    }

    void instanceNorm(
            String name,
            String source,
            Tensor input,
            Running running,
            Tensor weight,
            Tensor bias,
            boolean useInputStats,
            double eps) {
        Case made = begin(name, "instance_norm", source, input, weight, bias)
                .argument("use_input_stats", useInputStats)
                .argument("eps", eps)
                .argument("layout", "channels_first");
        running.before(made);
        Running after = running.copy();
        made.expect("output", instanceNorm(input, after, weight, bias, useInputStats, eps));
        after.after(made);
        gradients(
                made,
                input,
                weight,
                bias,
                (x, gamma, beta) -> instanceNorm(x, running.copy(), gamma, beta, useInputStats, eps));
    }

    static Tensor instanceNorm(
            Tensor input, Running running, Tensor weight, Tensor bias, boolean useInputStats, double eps) {
        return torch.instance_norm(
                input,
                Torch.optional(weight),
                Torch.optional(bias),
                Torch.optional(running.mean),
                Torch.optional(running.variance),
                useInputStats,
                running.momentum,
                eps,
                false);
    }

    private Case begin(String name, String operation, String source, Tensor input, Tensor weight, Tensor bias) {
        return cases.add(name, operation, source)
                .tensor("input", input)
                .tensor("weight", weight)
                .tensor("bias", bias);
    }

    private static void gradients(Case made, Tensor input, Tensor weight, Tensor bias, Autograd.Forward forward) {
        made.gradients(Autograd.gradients(input, weight, bias, forward));
    }

    private static void finish(Case made, Tensor output, T_TensorTensorTensor_T parts) {
        made.expect("output", output);
        statistics(made, output, parts);
    }

    /** What the native form of an operation also returns: mean and 1/√(variance+eps) of each set. */
    private static void statistics(Case made, Tensor output, T_TensorTensorTensor_T parts) {
        if (!Torch.sameBits(output, parts.get0())) {
            throw new IllegalStateException(made.name() + ": the native form gives another output");
        }
        made.expect("mean", parts.get1()).expect("rstd", parts.get2());
    }
}
