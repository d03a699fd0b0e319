package io.github.clnorm.internal.runtime;

import java.util.ArrayList;
import java.util.List;

/**
 * The parameters of a kernel, read from its source: the host sets arguments by these names. Immutable and thread-safe.
 *
 * @param kernel the kernel's name
 * @param parameters in their order
 */
record KernelSignature(String kernel, List<Parameter> parameters) {

    private static final String KERNEL = "__kernel";

    /** What an argument is set to. */
    enum Type {
        /** A pointer to global memory. */
        BUFFER("__global "),
        /** A size of local memory, in bytes. */
        LOCAL("__local "),
        UINT("const uint "),
        ULONG("const ulong "),
        /** float or double, as the kernel is built. */
        REAL("const real ");

        private static final Type[] ALL = values();

        private final String beginning;

        Type(String beginning) {
            this.beginning = beginning;
        }

        private static Type of(String declaration) {
            for (Type type : ALL) {
                if (declaration.startsWith(type.beginning)) {
                    return type;
                }
            }
            throw new IllegalStateException("a parameter of unknown type: " + declaration);
        }
    }

    /**
     * A parameter.
     *
     * @param name as in the source; interned
     * @param type what the host sets
     */
    record Parameter(String name, Type type) {}

    KernelSignature {
        parameters = List.copyOf(parameters);
    }

    /**
     * The signature of a kernel. Strings are not concatenated here: at the start of a process that takes milliseconds.
     *
     * @param source of the program, with its includes
     * @param kernel the kernel's name
     * @throws IllegalStateException when there is no such kernel, or a parameter has an unknown type
     */
    static KernelSignature of(String source, String kernel) {
        // Backwards: kernels are at the end of their files, after all includes.
        for (int at = source.lastIndexOf(KERNEL); at >= 0; at = source.lastIndexOf(KERNEL, at - 1)) {
            String header = source.substring(at, source.indexOf('{', at));
            int from = parameters(header, kernel);
            if (from >= 0) {
                List<Parameter> parameters = new ArrayList<>();
                for (String declaration :
                        header.substring(from, header.lastIndexOf(')')).split(",")) {
                    parameters.add(parameter(declaration.strip()));
                }
                return new KernelSignature(kernel, parameters);
            }
        }
        throw new IllegalStateException("the source has no kernel " + kernel);
    }

    /** The index after the opening parenthesis of the parameters, or -1 in the header of another kernel. */
    private static int parameters(String header, String kernel) {
        int name = header.indexOf(kernel);
        int end = name + kernel.length();
        return name > 0 && Character.isWhitespace(header.charAt(name - 1)) && header.startsWith("(", end)
                ? end + 1
                : -1;
    }

    private static Parameter parameter(String declaration) {
        int before = Math.max(declaration.lastIndexOf(' '), declaration.lastIndexOf('*'));
        return new Parameter(declaration.substring(before + 1).intern(), Type.of(declaration));
    }

    /** Whether there is a parameter of a name. */
    boolean has(String name) {
        return find(name) >= 0;
    }

    /**
     * The index of a parameter.
     *
     * @throws IllegalStateException when there is none of the name
     */
    int index(String name) {
        int index = find(name);
        if (index < 0) {
            throw new IllegalStateException("the kernel " + kernel + " has no parameter " + name);
        }
        return index;
    }

    /** The index of a parameter, or -1. */
    int find(String name) {
        // Names in Java are constants, which are interned as well.
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).name == name) {
                return i;
            }
        }
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).name.equals(name)) {
                return i;
            }
        }
        return -1;
    }
}
