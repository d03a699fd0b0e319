package io.github.clnorm.tools.compilers;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The instructions of one kernel in their order, with the labels that branches name. */
final class Listing {

    private final List<Instruction> instructions = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();

    void label(String name) {
        labels.put(name, instructions.size());
    }

    void add(Instruction instruction) {
        instructions.add(instruction);
    }

    List<Instruction> instructions() {
        return instructions;
    }

    /** The index of the instruction after a label. */
    int index(String label) {
        Integer index = labels.get(label);
        if (index == null) {
            throw new IllegalStateException("a branch goes to " + label + ", which is no label of the kernel");
        }
        return index;
    }

    long count(Instruction.Kind kind) {
        return instructions.stream()
                .filter(instruction -> instruction.kind() == kind)
                .count();
    }
}
