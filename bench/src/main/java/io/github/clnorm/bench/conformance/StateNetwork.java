package io.github.clnorm.bench.conformance;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.GroupNormImpl;
import org.bytedeco.pytorch.InstanceNorm2dImpl;
import org.bytedeco.pytorch.InstanceNormOptions;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.LayerNormOptions;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** One libtorch module of each kind, registered in a tree so that libtorch makes names such as down.0.norm.weight. */
final class StateNetwork {

    private static final int TRAINING_STEPS = 2;

    private final Module root = new Module();
    private final Map<String, UnaryOperator<Tensor>> forward = new LinkedHashMap<>();
    private final Map<String, long[]> inputs = new LinkedHashMap<>();

    StateNetwork() {
        GroupNormImpl group = new GroupNormImpl(2, 4);
        Module down = root.register_module("down", new Module());
        down.register_module("0", new Module()).register_module("norm", group);
        add("down.0.norm", group::forward, 2, 4, 3, 3);

        BatchNorm2dImpl batch = root.register_module("bn", new BatchNorm2dImpl(new BatchNormOptions(3)));
        add("bn", batch::forward, 2, 3, 4, 4);

        InstanceNormOptions options = new InstanceNormOptions(3);
        options.affine().put(true);
        options.track_running_stats().put(true);
        InstanceNorm2dImpl instance = root.register_module("in", new InstanceNorm2dImpl(options));
        add("in", instance::forward, 2, 3, 4, 4);

        LayerNormImpl layer = root.register_module("ln", new LayerNormImpl(new LayerNormOptions(new LongVector(new long[] {5}))));
        add("ln", layer::forward, 3, 5);

        // libtorch has the function, but no module.
        Tensor weight = root.register_module("rms", new Module()).register_parameter("weight", torch.ones(5));
        add("rms", x -> torch.rms_norm(x, new long[] {5}, Torch.optional(weight), Torch.optional((Double) null)), 3, 5);
    }

    private void add(String name, UnaryOperator<Tensor> module, long... input) {
        forward.put(name, module);
        inputs.put(name, input);
    }

    /** Random parameters, then running statistics of some batches. */
    void train() {
        StringTensorDict parameters = root.named_parameters();
        for (String name : names(parameters)) {
            Tensor parameter = parameters.get(name);
            parameter.copy_(new Inputs("state " + name).normal(parameter.shape()));
        }
        root.train(true);
        for (int i = 0; i < TRAINING_STEPS; i++) {
            for (String module : forward.keySet()) {
                forward.get(module).apply(input(module + " in step " + i, module));
            }
        }
    }

    private Tensor input(String seed, String module) {
        return new Inputs("state " + seed).normalAround(1, 2, inputs.get(module));
    }

    /** All parameters and buffers by libtorch's names. */
    Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        for (StringTensorDict dict : new StringTensorDict[] {root.named_parameters(), root.named_buffers()}) {
            names(dict).forEach(name -> state.put(name, dict.get(name)));
        }
        return state;
    }

    private static Set<String> names(StringTensorDict dict) {
        Set<String> names = new LinkedHashSet<>();
        for (long i = 0; i < dict.size(); i++) {
            names.add(dict.keys().get(i).getString());
        }
        return names;
    }

    /** Loads a state as {@code load_state_dict} does: all names and shapes must fit. */
    void load(Map<String, Tensor> from) {
        Map<String, Tensor> state = state();
        if (!state.keySet().equals(from.keySet())) {
            throw new IllegalStateException("expected " + state.keySet() + ", got " + from.keySet());
        }
        state.forEach((name, tensor) -> {
            Tensor other = from.get(name);
            if (!Arrays.equals(tensor.shape(), other.shape())
                    || tensor.scalar_type().intern() != other.scalar_type().intern()) {
                throw new IllegalStateException(name + " does not fit: " + other.toString());
            }
            tensor.copy_(other);
        });
    }

    /** Adds the modules' inputs and outputs in evaluation. */
    void evaluate(String prefix, TensorStore results) {
        root.eval();
        for (String module : forward.keySet()) {
            Tensor x = input(module, module);
            results.add(module + "/input", x);
            results.add(prefix + module + "/output", forward.get(module).apply(x));
        }
    }
}
