package io.github.clnorm.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.BatchNorm;
import io.github.clnorm.ChannelStatisticsNorm;
import io.github.clnorm.InstanceNorm;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;
import java.util.List;

/** A module through its steps, to its state after the last. */
final class PyTorchModule {

    private static final Tolerance TOLERANCE = Tolerance.of(ElementType.FLOAT32);

    private PyTorchModule() {}

    static void run(PyTorchData.Entry entry, Backend backend, Check check) {
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

    private static void step(
            ChannelStatisticsNorm module, PyTorchData.Entry step, String what, Backend backend, Check check) {
        try (Tensor input = step.tensor("input").on(backend)) {
            if (step.has("error")) {
                PyTorchCases.refused(step.text("error"), () -> module.forward(input).close(), check);
            } else {
                try (Tensor output = module.forward(input)) {
                    check.close(what, step.tensor("output").values(), output.toDoubles(), TOLERANCE);
                }
            }
        }
    }

    private static void state(ChannelStatisticsNorm module, PyTorchData.Entry entry, long refused, Check check) {
        check.close(
                "running_mean", entry.tensor("state", "running_mean").values(), module.runningMean().toDoubles(), TOLERANCE);
        check.close(
                "running_var", entry.tensor("state", "running_var").values(), module.runningVar().toDoubles(), TOLERANCE);
        // PyTorch counts a batch before it looks at it closely; clnorm does not count those that it refuses.
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

    private static ChannelStatisticsNorm module(PyTorchData.Entry entry, Backend backend) {
        String type = entry.text("module");
        int dimensions = type.charAt(type.length() - 2) - '0';
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
