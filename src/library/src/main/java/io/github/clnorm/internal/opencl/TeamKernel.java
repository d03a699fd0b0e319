package io.github.clnorm.internal.opencl;

import java.util.Arrays;

/**
 * A kernel that several seats launch at the same time, each through an OpenCL kernel of its own: arguments belong to the
 * OpenCL object. Calls are made one at a time, but those of seats.
 */
final class TeamKernel {

    private static final int NONE = -1;

    final OpenCl.Program program;
    final String name;
    /** The OpenCL kernels of the seats; null until a seat needs it. Each seat uses its own element. */
    final SeatKernel[] ofSeats;

    private Arguments arguments = new Arguments(new Value[0], NONE);
    // Whether a launch has taken the arguments, which then do not change.
    private boolean taken;
    private boolean compiled;

    /** Sets an argument of an OpenCL kernel. Immutable. */
    interface Value {
        void set(JoclArguments setter, OpenCl.Kernel kernel, int index);

        /** The bytes of global memory behind it, or {@link JoclMemory#UNKNOWN}. */
        default long bytes() {
            return 0;
        }
    }

    /**
     * The arguments of a launch. Not modified once a launch has taken them.
     *
     * @param values by index; null where none is set
     * @param firstGroup the index of the argument that takes a launch's first work-group, or -1
     */
    record Arguments(Value[] values, int firstGroup) {

        boolean canBeDivided() {
            return firstGroup != NONE;
        }

        /** The first work-group of the whole launch. */
        long firstGroupValue() {
            return ((Number) values[firstGroup]).value();
        }

        /** The bytes of all buffers, which a launch reads or writes at least in part; MAX_VALUE if one is unknown. */
        long bytes() {
            long bytes = 0;
            for (Value value : values) {
                long more = value == null ? 0 : value.bytes();
                if (more == JoclMemory.UNKNOWN) {
                    return Long.MAX_VALUE;
                }
                bytes += more;
            }
            return bytes;
        }
    }

    /** A {@code ulong}. */
    record Number(long value) implements Value {
        @Override
        public void set(JoclArguments setter, OpenCl.Kernel kernel, int index) {
            setter.set(kernel, index, value);
        }
    }

    TeamKernel(OpenCl.Program program, String name, int seats) {
        this.program = program;
        this.name = name;
        this.ofSeats = new SeatKernel[seats];
    }

    void setFirstGroupArgument(int index) {
        arguments = new Arguments(arguments.values, index);
    }

    void set(int index, Value value) {
        Value[] values = arguments.values;
        if (taken || index >= values.length) {
            values = Arrays.copyOf(values, Math.max(values.length, index + 1));
            arguments = new Arguments(values, arguments.firstGroup);
            taken = false;
        }
        values[index] = value;
    }

    /** Lets the driver compile the kernel, by a launch that does nothing. */
    void compile(Seat seat) {
        if (!compiled) {
            seat.runShare(this, arguments, 0, 0);
            compiled = true;
        }
    }

    /** The arguments for a launch. */
    Arguments take() {
        taken = true;
        return arguments;
    }
}
