package io.github.clnorm.bench.conformance;

import io.github.clnorm.bench.conformance.Calls.Running;
import io.github.clnorm.bench.conformance.CaseList.Case;
import org.bytedeco.pytorch.BatchNormFuncOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Calls that libtorch rejects, with its messages. */
final class ErrorCases {

    private static final String SAMPLES = "torch/testing/_internal/common_methods_invocations.py, ";
    private static final String OWN = "not PyTorch's: what libtorch says";

    private final CaseList cases;
    private final Inputs inputs = new Inputs("errors");

    ErrorCases(CaseList cases) {
        this.cases = cases;
    }

    void add() {
        groupNorm();
        layerNorm();
        rmsNorm();
        batchNorm();
        instanceNorm();
    }

    private void groupNorm() {
        String source = SAMPLES + "error_inputs_group_norm";
        groupNorm(
                "of one dimension",
                source + " (PyTorch's Python says it in other words)",
                inputs.normal(1),
                1,
                null,
                null);
        groupNorm("of channels not divisible", source, inputs.normal(2, 7, 4), 2, null, null);
        groupNorm("in 0 groups", OWN, inputs.normal(2, 6, 4), 0, null, null);
        groupNorm("in -2 groups", OWN, inputs.normal(2, 6, 4), -2, null, null);
        groupNorm("with a long weight", OWN, inputs.normal(2, 6, 4), 2, inputs.normal(7), null);
        // Here libtorch names the weight's shape, not the bias's.
        groupNorm("with a short bias", OWN, inputs.normal(2, 6, 4), 2, inputs.normal(6), inputs.normal(5));
        groupNorm("with a weight of two dimensions", OWN, inputs.normal(2, 6, 4), 2, inputs.normal(1, 6), null);
        groupNorm(
                "with a weight of another type",
                OWN,
                inputs.normal(2, 6, 4),
                2,
                inputs.normal(6).to(ScalarType.Half),
                null);
    }

    private void groupNorm(String what, String source, Tensor input, long groups, Tensor weight, Tensor bias) {
        begin("group_norm", what, source, input, weight, bias)
                .argument("num_groups", groups)
                .argument("eps", Calls.EPS)
                .argument("layout", "channels_first")
                .fails(() -> torch.group_norm(
                        input, groups, Torch.optional(weight), Torch.optional(bias), Calls.EPS, false));
    }

    private void layerNorm() {
        String source = SAMPLES + "error_inputs_native_layer_norm";
        layerNorm("over no dimension", source, inputs.normal(1, 2, 3), shape(), null, null);
        layerNorm(
                "with a weight of another shape",
                source,
                inputs.normal(1, 2, 3),
                shape(1, 2, 3),
                inputs.normal(1, 2),
                null);
        layerNorm(
                "with a bias of another shape",
                source,
                inputs.normal(1, 2, 3),
                shape(1, 2, 3),
                null,
                inputs.normal(1, 2));
        layerNorm("over other dimensions than the last", source, inputs.normal(2, 2, 3), shape(2, 2), null, null);
        layerNorm("over more dimensions than there are", OWN, inputs.normal(3), shape(2, 3), null, null);
        layerNorm("over one wrong dimension", OWN, inputs.normal(2, 3), shape(4), null, null);
    }

    private void layerNorm(String what, String source, Tensor input, long[] normalized, Tensor weight, Tensor bias) {
        begin("layer_norm", what, source, input, weight, bias)
                .argument("normalized_shape", normalized)
                .argument("eps", Calls.EPS)
                .fails(() -> torch.layer_norm(
                        input, normalized, Torch.optional(weight), Torch.optional(bias), Calls.EPS, false));
    }

    private void rmsNorm() {
        rmsNorm("over no dimension", inputs.normal(2, 3), shape(), null);
        rmsNorm("over a wrong dimension", inputs.normal(2, 3), shape(4), null);
        rmsNorm("with a weight of another shape", inputs.normal(2, 3), shape(3), inputs.normal(2));
    }

    private void rmsNorm(String what, Tensor input, long[] normalized, Tensor weight) {
        begin("rms_norm", what, OWN, input, weight, null)
                .argument("normalized_shape", normalized)
                .argument("eps", null)
                .fails(() -> torch.rms_norm(input, normalized, Torch.optional(weight), Torch.optional((Double) null)));
    }

    private void batchNorm() {
        Tensor input = inputs.normal(2, 3, 4);
        Tensor right = inputs.positiveSample(3);
        Tensor wrong = inputs.positiveSample(4);
        batchNorm("with a wrong running_mean", input, wrong, right, null, null, true);
        batchNorm("with a wrong running_var", input, right, wrong, null, null, true);
        batchNorm("with a wrong weight", input, right, right, wrong, null, true);
        batchNorm("with a wrong bias", input, right, right, right, wrong, true);
        batchNorm("in evaluation without statistics", input, null, null, null, null, false);
        batchNorm("in evaluation without running_var", input, right, null, null, null, false);
        Tensor one = inputs.normal(1, 3, 1);
        BatchNormFuncOptions training = new BatchNormFuncOptions();
        training.training().put(true);
        begin("batch_norm", "of one value a channel", "torch::nn::functional::batch_norm", one, null, null)
                .argument("training", true)
                .argument("momentum", Calls.MOMENTUM)
                .argument("eps", Calls.EPS)
                .argument("layout", "channels_first")
                .fails(() -> torch.batch_norm(one, new Tensor(), new Tensor(), training));
    }

    private void batchNorm(
            String what, Tensor input, Tensor mean, Tensor variance, Tensor weight, Tensor bias, boolean training) {
        Running running = new Running(mean, variance, Calls.MOMENTUM);
        begin("batch_norm", what, OWN, input, weight, bias)
                .tensor("running_mean", mean)
                .tensor("running_var", variance)
                .argument("training", training)
                .argument("momentum", Calls.MOMENTUM)
                .argument("eps", Calls.EPS)
                .argument("layout", "channels_first")
                .fails(() -> Calls.batchNorm(input, running.copy(), weight, bias, training, Calls.EPS));
    }

    private void instanceNorm() {
        Tensor input = inputs.normal(2, 3, 4);
        Tensor right = inputs.positiveSample(3);
        Tensor wrong = inputs.positiveSample(4);
        instanceNorm("by statistics it does not have", input, null, null, null, null, false);
        instanceNorm("with a wrong running_mean", input, wrong, right, null, null, true);
        instanceNorm("with a wrong running_var", input, right, wrong, null, null, true);
        instanceNorm("with a wrong weight", input, null, null, wrong, null, true);
        instanceNorm("with a wrong bias", input, null, null, right, wrong, true);
        instanceNorm("of one dimension", inputs.normal(3), null, null, null, null, true);
    }

    private void instanceNorm(
            String what, Tensor input, Tensor mean, Tensor variance, Tensor weight, Tensor bias, boolean inputStats) {
        Running running = new Running(mean, variance, Calls.MOMENTUM);
        begin("instance_norm", what, OWN, input, weight, bias)
                .tensor("running_mean", mean)
                .tensor("running_var", variance)
                .argument("use_input_stats", inputStats)
                .argument("momentum", Calls.MOMENTUM)
                .argument("eps", Calls.EPS)
                .argument("layout", "channels_first")
                .fails(() -> Calls.instanceNorm(input, running.copy(), weight, bias, inputStats, Calls.EPS));
    }

    private Case begin(String operation, String what, String source, Tensor input, Tensor weight, Tensor bias) {
        return cases.add(operation + " " + what + ", refused", operation, source)
                .tensor("input", input)
                .tensor("weight", weight)
                .tensor("bias", bias);
    }

    private static long[] shape(long... shape) {
        return shape;
    }
}
