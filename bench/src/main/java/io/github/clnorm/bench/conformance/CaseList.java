package io.github.clnorm.bench.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/** The cases and their tensors, in the order they were made. */
final class CaseList {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final TensorStore tensors = new TensorStore();
    private final List<ObjectNode> cases = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    /** Gradients are stored last, so that a tensor that equals one of them keeps its own name. */
    private final List<Runnable> later = new ArrayList<>();

    /** The result of a module's call. */
    record Step(Tensor output, Map<String, Tensor> gradients) {}

    /** Begins a case; its name is unique. */
    Case add(String name, String operation, String source) {
        if (!names.add(name)) {
            throw new IllegalArgumentException("two cases " + name);
        }
        ObjectNode json = MAPPER.createObjectNode();
        json.put("name", name).put("operation", operation).put("source", source);
        cases.add(json);
        return new Case(name, cases.size() - 1, json);
    }

    /** Call it once, after all cases are made. */
    List<ObjectNode> all() {
        later.forEach(Runnable::run);
        return cases;
    }

    TensorStore tensors() {
        return tensors;
    }

    /** A shape as in the names of cases: 2x3x4. */
    static String shape(long... shape) {
        return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining("x"));
    }

    /** A case that is being written. */
    final class Case {
        private final String name;
        /** The prefix of the names of its tensors. Short, because each name occurs several times. */
        private final String prefix;

        private final ObjectNode json;

        private Case(String name, int number, ObjectNode json) {
            this.name = name;
            this.prefix = number + "/";
            this.json = json;
        }

        String name() {
            return name;
        }

        /** Sets an argument. The file keeps a null. */
        Case argument(String argument, Object value) {
            json.set(argument, MAPPER.valueToTree(value));
            return this;
        }

        /** Adds an input tensor, unless it is null. */
        Case tensor(String role, Tensor tensor) {
            return put("tensors", role, tensor);
        }

        /** Adds an output tensor. */
        Case expect(String role, Tensor tensor) {
            noteNan(tensor);
            return put("expected", role, tensor);
        }

        /** Adds gradients by role. */
        Case gradients(Map<String, Tensor> byRole) {
            later.add(() -> byRole.forEach((role, tensor) -> put("gradients", role, tensor)));
            return this;
        }

        /** Adds a tensor of the module after the last step. */
        Case state(String role, Tensor tensor) {
            noteNan(tensor);
            return put("state", role, tensor);
        }

        Case state(String role, long value) {
            json.withObjectProperty("state").put(role, value);
            return this;
        }

        /** Adds a step of a module: its result, or the error that libtorch throws. */
        Case step(boolean training, Tensor input, Supplier<Step> call) {
            ArrayNode steps = json.withArrayProperty("steps");
            String at = prefix + "steps/" + steps.size() + "/";
            ObjectNode step = steps.addObject().put("training", training);
            step.put("input", tensors.add(at + "input", input));
            try {
                Step done = call.get();
                noteNan(done.output);
                step.put("output", tensors.add(at + "output", done.output));
                later.add(() -> {
                    ObjectNode gradients = step.putObject("gradients");
                    done.gradients.forEach((role, tensor) -> gradients.put(role, tensors.add(at + role, tensor)));
                });
            } catch (RuntimeException e) {
                step.put("error", Torch.message(e));
            }
            return this;
        }

        /** A call that throws. */
        void fails(Supplier<?> call) {
            try {
                call.get();
            } catch (RuntimeException e) {
                json.put("error", Torch.message(e));
                return;
            }
            throw new IllegalStateException(name + " does not fail");
        }

        private Case put(String field, String role, Tensor tensor) {
            if (tensor != null) {
                json.withObjectProperty(field).put(role, tensors.add(prefix + field + "/" + role, tensor));
            }
            return this;
        }

        private void noteNan(Tensor tensor) {
            if (tensor.isnan().any().item_bool()) {
                json.put("nan", true);
            }
        }
    }
}
