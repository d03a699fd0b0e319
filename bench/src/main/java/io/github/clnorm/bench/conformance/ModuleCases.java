package io.github.clnorm.bench.conformance;

import io.github.clnorm.bench.conformance.CaseList.Case;
import io.github.clnorm.bench.conformance.CaseList.Step;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNorm3dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.InstanceNorm1dImpl;
import org.bytedeco.pytorch.InstanceNorm2dImpl;
import org.bytedeco.pytorch.InstanceNorm3dImpl;
import org.bytedeco.pytorch.InstanceNormOptions;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.Tensor;

/** Modules with a state: some training steps, then evaluation. */
final class ModuleCases {

    private static final String SOURCE = "torch/testing/_internal/common_modules.py, module_inputs_torch_nn_";
    private static final Settings DEFAULTS = new Settings(1e-5, 0.1, true, true);

    private final CaseList cases;

    ModuleCases(CaseList cases) {
        this.cases = cases;
    }

    /** What a module is made with; a momentum of null is the cumulative average. */
    private record Settings(double eps, Double momentum, boolean affine, boolean tracking) {

        @Override
        public String toString() {
            return "eps " + eps + ", momentum " + (momentum == null ? "cumulative" : momentum)
                    + (affine ? ", affine" : "") + (tracking ? ", tracking" : "");
        }
    }

    private record Layer(Module module, UnaryOperator<Tensor> forward) {

        /** The output, and the gradients of a random gradient of it. */
        Step step(Tensor input) {
            module.zero_grad(true);
            Tensor x = Autograd.leaf(input);
            Tensor output = Autograd.recorded(() -> forward.apply(x));
            StringTensorDict parameters = module.named_parameters();
            boolean affine = parameters.contains("weight");
            Tensor weight = affine ? parameters.get("weight") : null;
            Tensor bias = affine ? parameters.get("bias") : null;
            return new Step(output.detach(), Autograd.back(output, x, weight, bias));
        }
    }

    void add() {
        batchNorm();
        for (boolean affine : new boolean[] {false, true}) {
            for (boolean tracking : new boolean[] {false, true}) {
                Settings settings = new Settings(1e-3, 0.3, affine, tracking);
                instanceNorm(1, settings, 4, 3, 15);
                instanceNorm(2, settings, 4, 3, 6, 6);
                instanceNorm(3, settings, 4, 3, 4, 4, 4);
                instanceNorm(1, settings, 3, 15);
                instanceNorm(2, settings, 3, 6, 6);
                instanceNorm(3, settings, 3, 4, 4, 4);
            }
        }
    }

    private void batchNorm() {
        Settings cumulative = new Settings(1e-3, null, true, true);
        batchNorm(1, DEFAULTS, 2, 4, 10);
        batchNorm(1, DEFAULTS, 2, 4, 5, 3);
        batchNorm(1, cumulative, 3, 4, 10);
        batchNorm(1, new Settings(1e-3, 0.3, false, true), 2, 4, 10);
        batchNorm(1, new Settings(1e-3, 0.3, true, false), 2, 4, 10);
        batchNorm(1, new Settings(1e-3, 0.3, false, true), 2, 4, 5, 3);
        batchNorm(2, DEFAULTS, 2, 2, 3, 6, 6);
        batchNorm(2, cumulative, 3, 2, 3, 6, 6);
        batchNorm(2, new Settings(1e-3, 0.8, true, true), 2, 2, 3, 6, 6);
        batchNorm(2, new Settings(1e-3, 0.8, false, true), 2, 2, 3, 6, 6);
        batchNorm(2, new Settings(1e-3, 0.8, true, false), 2, 2, 3, 6, 6);
        batchNorm(3, DEFAULTS, 2, 2, 3, 4, 4, 4);
        batchNorm(3, cumulative, 3, 2, 3, 4, 4, 4);
        Settings emptyBatch = new Settings(1e-3, 0.3, false, true);
        batchNorm(1, emptyBatch, 1, 0, 5, 9);
        batchNorm(2, emptyBatch, 1, 0, 5, 2, 2);
        batchNorm(3, emptyBatch, 1, 0, 5, 2, 2, 2);
        String refused = "not PyTorch's: shapes that are refused";
        run(refused, "BatchNorm1d", "batch_norm", DEFAULTS, 5, 1, 1, 5);
        run(refused, "BatchNorm1d", "batch_norm", DEFAULTS, 5, 1, 2, 5, 1, 1);
        run(refused, "BatchNorm2d", "batch_norm", DEFAULTS, 5, 1, 2, 5, 1);
    }

    private void batchNorm(int dimensions, Settings settings, int trainingSteps, long... shape) {
        String type = "BatchNorm" + dimensions + "d";
        run(SOURCE + type, type, "batch_norm", settings, shape[1], trainingSteps, shape);
    }

    private void instanceNorm(int dimensions, Settings settings, long... shape) {
        long features = shape[shape.length - dimensions - 1];
        String type = "InstanceNorm" + dimensions + "d";
        run(SOURCE + "InstanceNormNd", type, "instance_norm", settings, features, 2, shape);
    }

    private void run(
            String source,
            String type,
            String operation,
            Settings settings,
            long features,
            int trainingSteps,
            long... shape) {
        Case made = cases.add(type + " of " + CaseList.shape(shape) + ", " + settings, operation, source)
                .argument("module", type)
                .argument("num_features", features)
                .argument("eps", settings.eps)
                .argument("momentum", settings.momentum)
                .argument("affine", settings.affine)
                .argument("track_running_stats", settings.tracking)
                .argument("layout", "channels_first");
        // All modules of one shape see the same inputs.
        Inputs inputs = new Inputs(type + CaseList.shape(shape));
        Tensor weight = inputs.normal(features);
        Tensor bias = inputs.normal(features);
        Layer layer = layer(type, features, settings);
        if (settings.affine) {
            StringTensorDict parameters = layer.module.named_parameters();
            parameters.get("weight").copy_(weight);
            parameters.get("bias").copy_(bias);
            made.tensor("weight", weight).tensor("bias", bias);
        }
        for (int i = 0; i <= trainingSteps; i++) {
            boolean training = i < trainingSteps;
            layer.module.train(training);
            Tensor input = inputs.normalAround(1, 2, shape);
            made.step(training, input, () -> layer.step(input));
        }
        if (settings.tracking) {
            StringTensorDict state = layer.module.named_buffers();
            made.state("running_mean", state.get("running_mean"))
                    .state("running_var", state.get("running_var"))
                    .state(
                            "num_batches_tracked",
                            state.get("num_batches_tracked").item_long());
        }
    }

    private static Layer layer(String type, long features, Settings settings) {
        return type.startsWith("Batch")
                ? batchNorm(type, batchNormOptions(features, settings))
                : instanceNorm(type, instanceNormOptions(features, settings));
    }

    private static Layer batchNorm(String type, BatchNormOptions options) {
        switch (type) {
            case "BatchNorm1d" -> {
                BatchNorm1dImpl module = new BatchNorm1dImpl(options);
                return new Layer(module, module::forward);
            }
            case "BatchNorm2d" -> {
                BatchNorm2dImpl module = new BatchNorm2dImpl(options);
                return new Layer(module, module::forward);
            }
            default -> {
                BatchNorm3dImpl module = new BatchNorm3dImpl(options);
                return new Layer(module, module::forward);
            }
        }
    }

    private static Layer instanceNorm(String type, InstanceNormOptions options) {
        switch (type) {
            case "InstanceNorm1d" -> {
                InstanceNorm1dImpl module = new InstanceNorm1dImpl(options);
                return new Layer(module, module::forward);
            }
            case "InstanceNorm2d" -> {
                InstanceNorm2dImpl module = new InstanceNorm2dImpl(options);
                return new Layer(module, module::forward);
            }
            default -> {
                InstanceNorm3dImpl module = new InstanceNorm3dImpl(options);
                return new Layer(module, module::forward);
            }
        }
    }

    private static BatchNormOptions batchNormOptions(long features, Settings settings) {
        BatchNormOptions options = new BatchNormOptions(features);
        options.eps().put(settings.eps);
        options.momentum().put(Torch.optional(settings.momentum));
        options.affine().put(settings.affine);
        options.track_running_stats().put(settings.tracking);
        return options;
    }

    private static InstanceNormOptions instanceNormOptions(long features, Settings settings) {
        InstanceNormOptions options = new InstanceNormOptions(features);
        options.eps().put(settings.eps);
        options.momentum().put(settings.momentum);
        options.affine().put(settings.affine);
        options.track_running_stats().put(settings.tracking);
        return options;
    }
}
