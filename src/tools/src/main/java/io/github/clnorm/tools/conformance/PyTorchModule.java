package io.github.clnorm.tools.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.BatchNorm;
import io.github.clnorm.ChannelStatisticsNorm;
import io.github.clnorm.Gradients;
import io.github.clnorm.InstanceNorm;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;
import java.util.List;

/** Runs a module's steps, up to its state after the last one. */
final class PyTorchModule {

    private static final Tolerance TOLERANCE = Tolerance.of(ElementType.FLOAT32);

    private PyTorchModule() {}

    static void run(PyTorchData.Entry entry, Backend backend, CaseCheck check) {
        try (ChannelStatisticsNorm module = module(entry, backend)) {
            set(module.weight(), entry.tensor("tensors", "weight"));
            set(module.bias(), entry.tensor("tensors", "bias"));
            List<PyTorchData.Entry> steps = entry.entries("steps");
            long refused = 0;
            for (int i = 0; i < steps.size(); i++) {
                PyTorchData.Entry step = steps.get(i);
                module.train(step.flag("training"));
                refused += step.has("error") && step.flag("training") ? 1 : 0;
                step(module, step, "step " + i + "'s output", backend, check);
            }
            if (module.runningMean() != null) {
                state(module, entry, refused, check);
            }
        }
    }

    /** The gradients of every step, each as a call of its own. */
    static void runBackward(PyTorchData.Entry entry, Backend backend, CaseCheck check) {
        try (ChannelStatisticsNorm module = module(entry, backend)) {
            set(module.weight(), entry.tensor("tensors", "weight"));
            set(module.bias(), entry.tensor("tensors", "bias"));
            for (PyTorchData.Entry step : entry.entries("steps")) {
                module.train(step.flag("training"));
                backward(module, entry, step, backend, check);
            }
        }
    }

    private static void backward(
            ChannelStatisticsNorm module,
            PyTorchData.Entry entry,
            PyTorchData.Entry step,
            Backend backend,
            CaseCheck check) {
        try (Tensor input = step.tensor("input").on(backend);
                Tensor dy = step.tensor("gradients", "grad_output").on(backend)) {
            module.forward(input).close();
            try (Gradients gradients = module.backward(dy)) {
                Call call = call(entry, step);
                CallResult actual = OnDevice.result(gradients);
                GradientCheck.exact(check, call, actual);
                GradientCheck.libtorch(check, call, step.tensors("gradients"), actual);
            }
        }
    }

    /** The call of a step. Evaluation is the last step, so it uses the statistics after all training. */
    static Call call(PyTorchData.Entry entry, PyTorchData.Entry step) {
        HostTensor input = batched(entry, step.tensor("input"));
        return Call.of(NormSpec.Kind.parse(entry.text("operation")), input)
                .eps(entry.number("eps"))
                .affine(entry.tensor("tensors", "weight"), entry.tensor("tensors", "bias"))
                .running(entry.tensor("state", "running_mean"), entry.tensor("state", "running_var"), 0)
                .ownStatistics(step.flag("training") || !entry.flag("track_running_stats"))
                .gradOutput(batched(entry, step.tensor("gradients", "grad_output")));
    }

    /** A single sample, which instance_norm's modules accept too, is a batch of one. */
    private static HostTensor batched(PyTorchData.Entry entry, HostTensor tensor) {
        long[] shape = tensor.shape();
        if (entry.text("module").startsWith("BatchNorm") || shape.length == dimensions(entry) + 2) {
            return tensor;
        }
        long[] batch = new long[shape.length + 1];
        batch[0] = 1;
        System.arraycopy(shape, 0, batch, 1, shape.length);
        return tensor.viewedAs(batch);
    }

    private static void step(
            ChannelStatisticsNorm module, PyTorchData.Entry step, String what, Backend backend, CaseCheck check) {
        try (Tensor input = step.tensor("input").on(backend)) {
            if (step.has("error")) {
                PyTorchCases.refused(
                        step.text("error"), () -> module.forward(input).close(), check);
            } else {
                try (Tensor output = module.forward(input)) {
                    check.close(what, step.tensor("output").values(), output.toDoubles(), TOLERANCE);
                }
            }
        }
    }

    private static void state(ChannelStatisticsNorm module, PyTorchData.Entry entry, long refused, CaseCheck check) {
        check.close(
                "running_mean",
                entry.tensor("state", "running_mean").values(),
                module.runningMean().toDoubles(),
                TOLERANCE);
        check.close(
                "running_var",
                entry.tensor("state", "running_var").values(),
                module.runningVar().toDoubles(),
                TOLERANCE);
        // PyTorch counts a batch before it checks it; clnorm does not count batches that it rejects.
        long most = (long) entry.number("state", "num_batches_tracked");
        long counted = module.numBatchesTracked();
        check.that(
                counted <= most && counted >= most - refused,
                "num_batches_tracked is " + counted + ", expected " + most);
    }

    private static void set(Tensor parameter, HostTensor values) {
        if (values != null) {
            parameter.set(values.values());
        }
    }

    private static int dimensions(PyTorchData.Entry entry) {
        String type = entry.text("module");
        return type.charAt(type.length() - 2) - '0';
    }

    private static ChannelStatisticsNorm module(PyTorchData.Entry entry, Backend backend) {
        String type = entry.text("module");
        int dimensions = dimensions(entry);
        long features = (long) entry.number("num_features");
        if (type.startsWith("BatchNorm")) {
            BatchNorm.Builder builder = BatchNorm.builder(backend, features, dimensions);
            set(builder, entry);
            return builder.build();
        }
        InstanceNorm.Builder builder = InstanceNorm.builder(backend, features, dimensions);
        set(builder, entry);
        return builder.build();
    }

    private static void set(ChannelStatisticsNorm.Builder<?> builder, PyTorchData.Entry entry) {
        builder.eps(entry.number("eps"));
        builder.affine(entry.flag("affine"));
        builder.trackRunningStats(entry.flag("track_running_stats"));
        if (entry.has("momentum")) {
            builder.momentum(entry.number("momentum"));
        } else {
            builder.cumulativeAverage();
        }
    }
}
