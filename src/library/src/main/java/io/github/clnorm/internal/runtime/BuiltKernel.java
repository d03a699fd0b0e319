package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.type.ElementType;

/**
 * A kernel of a built program, its signature, and what its arguments are set to. Setting an argument costs about a
 * microsecond, of the twenty that a launch takes, so only arguments that differ are set. The caller holds the session's
 * lock.
 */
final class BuiltKernel {

    /** The parameter that a kernel adds to the index of each work-group. */
    static final String FIRST_GROUP = "first_group";

    private final OpenCl openCl;
    private final OpenCl.Kernel kernel;
    private final KernelSignature signature;
    // Null: not set, or unknown after a failure.
    private final KernelArguments.Kind[] kinds;
    private final long[] numbers;
    private final OpenCl.Memory[] memories;

    BuiltKernel(OpenCl openCl, OpenCl.Kernel kernel, KernelSignature signature) {
        int count = signature.parameters().size();
        this.openCl = openCl;
        this.kernel = kernel;
        this.signature = signature;
        this.kinds = new KernelArguments.Kind[count];
        this.numbers = new long[count];
        this.memories = new OpenCl.Memory[count];
        int first = signature.find(FIRST_GROUP);
        if (first >= 0) {
            openCl.setFirstGroupArgument(kernel, first);
        }
    }

    OpenCl.Kernel kernel() {
        return kernel;
    }

    KernelSignature signature() {
        return signature;
    }

    /** Arguments for a kernel whose {@code real}, if it has any, is float. */
    KernelArguments arguments() {
        return new KernelArguments(signature, ElementType.FLOAT32);
    }

    /** Sets the arguments that differ, for a launch of a session. */
    void place(KernelArguments arguments, CommandOrder order) {
        for (int i = 0; i < kinds.length; i++) {
            DeviceBuffer buffer = arguments.buffers[i];
            place(
                    i,
                    arguments.kinds[i],
                    arguments.numbers[i],
                    buffer == null ? null : buffer.allocation().memory(order));
        }
    }

    private void place(int index, KernelArguments.Kind kind, long number, OpenCl.Memory memory) {
        if (kinds[index] == kind && numbers[index] == number && memories[index] == memory) {
            return;
        }
        kinds[index] = null;
        switch (kind) {
            case BUFFER -> openCl.setArgument(kernel, index, memory);
            case LOCAL -> openCl.setLocalArgument(kernel, index, number);
            case UINT -> openCl.setArgument(kernel, index, (int) number);
            case ULONG -> openCl.setArgument(kernel, index, number);
            case FLOAT -> openCl.setArgument(kernel, index, Float.intBitsToFloat((int) number));
            case DOUBLE -> openCl.setArgument(kernel, index, Double.longBitsToDouble(number));
        }
        kinds[index] = kind;
        numbers[index] = number;
        memories[index] = memory;
    }
}
