package io.github.clnorm.bench.conformance;

import io.github.clnorm.bench.conformance.Calls.Running;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The calls of {@code torch.nn.functional} that return a result. */
final class CallCases {

    private static final String SAMPLES = "torch/testing/_internal/common_methods_invocations.py, ";
    private static final String MODULES = "torch/testing/_internal/common_modules.py, ";
    private static final String PAGES = "https://docs.pytorch.org/docs/2.10/generated/torch.nn.";
    private static final String OWN = "not PyTorch's: ";

    private final Calls calls;

    CallCases(CaseList cases) {
        calls = new Calls(cases);
    }

    void add() {
        groupNorm();
        layerNorm();
        instanceNorm();
        batchNorm();
        rmsNorm();
        types();
    }

    /** With weight and bias or without: every combination PyTorch's samples have. */
    private enum Affine {
        WEIGHT_AND_BIAS,
        WEIGHT,
        BIAS,
        PLAIN;

        static final List<Affine> BOTH_OR_NEITHER = List.of(WEIGHT_AND_BIAS, PLAIN);

        Tensor weight(Tensor weight) {
            return this == WEIGHT_AND_BIAS || this == WEIGHT ? weight : null;
        }

        Tensor bias(Tensor bias) {
            return this == WEIGHT_AND_BIAS || this == BIAS ? bias : null;
        }

        String of(String name) {
            return name + ", " + name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    private void groupNorm() {
        String source = SAMPLES + "sample_inputs_group_norm";
        groupNormSample(source, 2, 0.5, 1, 6, 3);
        groupNormSample(source, 2, -0.5, 2, 6, 3);
        groupNormSample(source, 1, Calls.EPS, 1, 3);
        groupNormSample(source, 1, Calls.EPS, 0, 2);
        groupNormSample(source, 1, 0.5, 5, 5, 5);
        groupNormSample(source, 1, Calls.EPS, 1, 2);
        String module = MODULES + "module_inputs_torch_nn_GroupNorm";
        groupNormModule(module, 3, 4, 6, 5);
        groupNormModule(module, 3, 4, 12);
        groupNormModule(module, 1, 150, 6);
        groupNormModule(module, 5, 4, 5, 5);
        groupNormModule(module, 1, 4, 10);
        groupNormModule(module, 3, 4, 6, 2, 3);
        groupNormModule(module, 3, 4, 9, 2, 3);
        groupNormModule(module, 3, 4, 3, 2, 3);
        groupNormModule(module, 1, 4, 3, 2, 3);
        Inputs page = new Inputs("group_norm page");
        Tensor input = page.normal(20, 6, 10, 10);
        Tensor weight = page.normal(6);
        Tensor bias = page.normal(6);
        for (long groups : new long[] {3, 6, 1}) {
            String name = "group_norm of 20x6x10x10 in " + groups;
            calls.groupNorm(name, PAGES + "GroupNorm.html", input, groups, weight, bias, Calls.EPS);
        }
        Inputs own = new Inputs("group_norm own");
        calls.groupNorm(
                "group_norm of a variance below -eps",
                OWN + "some groups are NaN, some are not",
                own.normalAround(0, 0.7, 4, 6, 3),
                2,
                own.normal(6),
                own.normal(6),
                -0.5);
        calls.groupNorm(
                "group_norm of no positions",
                OWN + "N and C without elements",
                own.normal(2, 4, 0),
                2,
                own.normal(4),
                own.normal(4),
                Calls.EPS);
    }

    private void groupNormSample(String source, long groups, double eps, long... shape) {
        String name = "group_norm of " + CaseList.shape(shape) + " in " + groups + ", eps " + eps;
        Inputs inputs = new Inputs(name);
        Tensor input = inputs.sample(shape);
        Tensor weight = inputs.normal(shape[1]);
        Tensor bias = inputs.normal(shape[1]);
        for (Affine affine : Affine.values()) {
            calls.groupNorm(affine.of(name), source, input, groups, affine.weight(weight), affine.bias(bias), eps);
        }
    }

    private void groupNormModule(String source, long groups, long... shape) {
        String name = "group_norm of " + CaseList.shape(shape) + " in " + groups + ", as a module";
        Inputs inputs = new Inputs(name);
        calls.groupNorm(
                name, source, inputs.normal(shape), groups, inputs.normal(shape[1]), inputs.normal(shape[1]), 1e-3);
    }

    private void layerNorm() {
        String source = SAMPLES + "sample_inputs_native_layer_norm";
        layerNormSample(source, 0.5, shape(1, 2, 3), 1, 2, 3);
        layerNormSample(source, -0.5, shape(2, 3), 2, 2, 3);
        layerNormSample(source, Calls.EPS, shape(1), 1);
        layerNormSample(source, Calls.EPS, shape(2), 1, 2);
        layerNormSample(source, Calls.EPS, shape(1), 0, 1);
        String module = MODULES + "module_inputs_torch_nn_LayerNorm";
        layerNormNormal("as a module", module, 1e-3, shape(5), 4, 5, 5);
        layerNormNormal("as a module", module, 1e-3, shape(5), 128, 5, 5);
        layerNormNormal("as a module", module, 1e-3, shape(2, 2, 5), 4, 2, 2, 5);
        layerNormNormal("as a module", module, 1e-3, shape(5), 0, 5);
        String page = PAGES + "LayerNorm.html, smaller";
        layerNormNormal("as on its page", page, Calls.EPS, shape(10), 4, 5, 10);
        layerNormNormal("as on its page", page, Calls.EPS, shape(5, 6, 6), 4, 5, 6, 6);
        Inputs own = new Inputs("layer_norm own");
        calls.layerNorm(
                "layer_norm of a variance below -eps",
                OWN + "some rows are NaN, some are not",
                own.normalAround(0, 0.7, 8, 6),
                shape(6),
                own.normal(6),
                own.normal(6),
                -0.5);
        calls.layerNorm(
                "layer_norm of empty rows",
                OWN + "rows without elements",
                own.normal(3, 0),
                shape(0),
                own.normal(0),
                own.normal(0),
                Calls.EPS);
    }

    private void layerNormSample(String source, double eps, long[] normalized, long... shape) {
        String name = "layer_norm of " + CaseList.shape(shape) + " over " + CaseList.shape(normalized) + ", eps " + eps;
        Inputs inputs = new Inputs(name);
        Tensor input = inputs.sample(shape);
        Tensor weight = inputs.normal(normalized);
        Tensor bias = inputs.normal(normalized);
        for (Affine affine : Affine.values()) {
            calls.layerNorm(affine.of(name), source, input, normalized, affine.weight(weight), affine.bias(bias), eps);
        }
    }

    private void layerNormNormal(String how, String source, double eps, long[] normalized, long... shape) {
        String name = "layer_norm of " + CaseList.shape(shape) + " over " + CaseList.shape(normalized) + ", " + how;
        Inputs inputs = new Inputs(name);
        calls.layerNorm(
                name,
                source,
                inputs.normal(shape),
                normalized,
                inputs.normal(normalized),
                inputs.normal(normalized),
                eps);
    }

    private void instanceNorm() {
        String source = SAMPLES + "sample_inputs_instance_norm";
        instanceNormSample(source, 0.5, 0.6, 5, 5, 5);
        instanceNormSample(source, -1.2, Calls.EPS, 3, 2, 4);
        instanceNormSample(source, 0, Calls.EPS, 3, 2, 4);
        instanceNormSample(source, -1, 0.5, 3, 2, 3, 4);
        Inputs inputs = new Inputs("instance_norm bare");
        calls.instanceNorm(
                "instance_norm of 1x2x3, bare",
                source,
                inputs.sample(1, 2, 3),
                Running.NONE,
                null,
                null,
                true,
                Calls.EPS);
        Inputs page = new Inputs("instance_norm page");
        calls.instanceNorm(
                "instance_norm of 4x10x8, as on its page",
                PAGES + "InstanceNorm1d.html, smaller",
                page.normal(4, 10, 8),
                Running.NONE,
                page.normal(10),
                page.normal(10),
                true,
                Calls.EPS);
        calls.instanceNorm(
                "instance_norm of 2x10x5x6, as on its page",
                PAGES + "InstanceNorm2d.html, smaller",
                page.normal(2, 10, 5, 6),
                Running.NONE,
                page.normal(10),
                page.normal(10),
                true,
                Calls.EPS);
        Inputs own = new Inputs("instance_norm own");
        calls.instanceNorm(
                "instance_norm of one position",
                OWN + "PyTorch's Python refuses it, libtorch does not",
                own.normal(2, 3, 1),
                Running.NONE,
                own.normal(3),
                own.normal(3),
                true,
                Calls.EPS);
    }

    private void instanceNormSample(String source, double momentum, double eps, long... shape) {
        String name = "instance_norm of " + CaseList.shape(shape) + ", momentum " + momentum + ", eps " + eps;
        Inputs inputs = new Inputs(name);
        Tensor input = inputs.sample(shape);
        Tensor weight = inputs.normal(shape[1]);
        Tensor bias = inputs.normal(shape[1]);
        Running running = new Running(inputs.positiveSample(shape[1]), inputs.positiveSample(shape[1]), momentum);
        for (boolean useInputStats : new boolean[] {true, false}) {
            String statistics = useInputStats ? ", by the input" : ", by the running statistics";
            for (Affine affine : List.of(Affine.WEIGHT_AND_BIAS, Affine.WEIGHT, Affine.PLAIN)) {
                calls.instanceNorm(
                        affine.of(name + statistics),
                        source,
                        input,
                        running,
                        affine.weight(weight),
                        affine.bias(bias),
                        useInputStats,
                        eps);
            }
        }
    }

    private void batchNorm() {
        String source = SAMPLES + "sample_inputs_batch_norm";
        batchNormSample(source, true, 0.5, 0.6, 5, 5, 5);
        batchNormSample(source, false, -1.2, Calls.EPS, 3, 2, 4);
        batchNormSample(source, true, 0, Calls.EPS, 3, 1);
        batchNormSample(source, true, -1, 0.5, 3, 2, 3, 4);
        batchNormSample(source, false, -1, 0.5, 3, 2, 3, 4);
        batchNormSample(source, true, Calls.MOMENTUM, Calls.EPS, 2, 1);
        batchNormSample(source, false, Calls.MOMENTUM, Calls.EPS, 2, 1);
        Inputs inputs = new Inputs("batch_norm bare");
        calls.batchNorm(
                "batch_norm of 1x2x3, bare, training",
                source,
                inputs.sample(1, 2, 3),
                Running.NONE,
                null,
                null,
                true,
                Calls.EPS);
        Inputs empty = new Inputs("batch_norm empty");
        Running none = new Running(empty.normal(0), empty.normal(0), Calls.MOMENTUM);
        for (boolean training : new boolean[] {true, false}) {
            calls.batchNorm(
                    "batch_norm of no dimension but 0, " + mode(training),
                    source,
                    empty.normal(0),
                    none,
                    null,
                    null,
                    training,
                    Calls.EPS);
        }
        Inputs page = new Inputs("batch_norm page");
        calls.batchNorm(
                "batch_norm of 20x10, as on its page",
                PAGES + "BatchNorm1d.html, smaller",
                page.normal(20, 10),
                Running.NONE,
                page.normal(10),
                page.normal(10),
                true,
                Calls.EPS);
        calls.batchNorm(
                "batch_norm of 2x10x5x6, as on its page",
                PAGES + "BatchNorm2d.html, smaller",
                page.normal(2, 10, 5, 6),
                Running.NONE,
                page.normal(10),
                page.normal(10),
                true,
                Calls.EPS);
        Inputs own = new Inputs("batch_norm own");
        Running running = new Running(own.normal(3), own.positiveSample(3), Calls.MOMENTUM);
        calls.batchNorm(
                "batch_norm of one value a channel",
                OWN + "PyTorch's Python refuses it, libtorch does not",
                own.normal(1, 3, 1),
                running,
                own.normal(3),
                own.normal(3),
                true,
                Calls.EPS);
    }

    private void batchNormSample(String source, boolean training, double momentum, double eps, long... shape) {
        String name = "batch_norm of " + CaseList.shape(shape) + ", momentum " + momentum + ", eps " + eps + ", "
                + mode(training);
        Inputs inputs = new Inputs(name);
        Tensor input = inputs.sample(shape);
        Tensor weight = inputs.normal(shape[1]);
        Tensor bias = inputs.normal(shape[1]);
        Running running = new Running(inputs.positiveSample(shape[1]), inputs.positiveSample(shape[1]), momentum);
        for (Affine affine : Affine.BOTH_OR_NEITHER) {
            calls.batchNorm(
                    affine.of(name), source, input, running, affine.weight(weight), affine.bias(bias), training, eps);
        }
    }

    private static String mode(boolean training) {
        return training ? "training" : "evaluation";
    }

    private void rmsNorm() {
        String module = MODULES + "module_inputs_torch_nn_RMSNorm";
        rmsNorm(module, 1, shape(5), 4, 5, 5);
        rmsNorm(OWN + "two dimensions", 1, shape(3, 7), 2, 3, 7);
        rmsNorm(OWN + "squares that are not far above eps", 1e-3, shape(64), 8, 64);
        rmsNorm(PAGES + "RMSNorm.html", 1, shape(2, 3), 2, 2, 3);
        rmsNorm(module, 1, shape(5), 0, 5);
    }

    private void rmsNorm(String source, double deviation, long[] normalized, long... shape) {
        String name = "rms_norm of " + CaseList.shape(shape) + " over " + CaseList.shape(normalized);
        Inputs inputs = new Inputs(name);
        Tensor input = inputs.normalAround(0, deviation, shape);
        Tensor weight = inputs.normal(normalized);
        for (Double eps : new Double[] {null, 1e-6}) {
            for (Affine affine : List.of(Affine.WEIGHT, Affine.PLAIN)) {
                String full = affine.of(name + ", eps " + (eps == null ? "of the machine" : eps));
                calls.rmsNorm(full, source, input, normalized, affine.weight(weight), eps);
            }
        }
    }

    /** Element types other than float32. The 16-bit types also with parameters in float32. */
    private void types() {
        for (ScalarType type : List.of(ScalarType.Half, ScalarType.BFloat16, ScalarType.Double)) {
            types(type, type);
            if (type != ScalarType.Double) {
                types(type, ScalarType.Float);
            }
        }
    }

    private void types(ScalarType type, ScalarType parameters) {
        String suffix = ", " + type + (type == parameters ? "" : " with parameters in " + parameters);
        Inputs inputs = new Inputs("types");
        Tensor input = inputs.normalAround(1, 2, 4, 6, 3, 5).to(type);
        Tensor weight = inputs.normal(6).to(parameters);
        Tensor bias = inputs.normal(6).to(parameters);
        String source = OWN + "element types";
        calls.groupNorm("group_norm" + suffix, source, input, 3, weight, bias, Calls.EPS);
        Running running = new Running(
                inputs.normal(6).to(parameters), inputs.positiveSample(6).to(parameters), Calls.MOMENTUM);
        calls.batchNorm("batch_norm" + suffix, source, input, running, weight, bias, false, Calls.EPS);
        Tensor rows = inputs.normalAround(1, 2, 4, 6).to(type);
        calls.layerNorm("layer_norm" + suffix, source, rows, shape(6), weight, bias, Calls.EPS);
        if (type == parameters) {
            // Small values: the result depends on which type's machine epsilon is used.
            Tensor small = inputs.normalAround(0, 0.05, 4, 6).to(type);
            calls.rmsNorm("rms_norm" + suffix, source, small, shape(6), weight, null);
        }
    }

    private static long[] shape(long... shape) {
        return shape;
    }
}
