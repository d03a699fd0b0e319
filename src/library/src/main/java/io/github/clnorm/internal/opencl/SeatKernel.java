package io.github.clnorm.internal.opencl;

import java.util.Arrays;

/** A seat's OpenCL kernel, and what its arguments are set to. One thread at a time uses it. */
final class SeatKernel {

    final OpenCl.Kernel kernel;
    // Null: not set, or unknown after a failure.
    private TeamKernel.Value[] set = new TeamKernel.Value[0];
    private TeamKernel.Value[] last;
    private boolean isFirstGroupSet;
    private long firstGroup;

    SeatKernel(OpenCl.Kernel kernel) {
        this.kernel = kernel;
    }

    /** Sets the arguments that differ. */
    void place(JoclArguments setter, TeamKernel.Arguments arguments, long first) {
        if (last != arguments.values()) {
            last = null;
            placeAll(setter, arguments);
            last = arguments.values();
        }
        if (arguments.canBeDivided() && !(isFirstGroupSet && firstGroup == first)) {
            isFirstGroupSet = false;
            setter.set(kernel, arguments.firstGroup(), first);
            firstGroup = first;
            isFirstGroupSet = true;
        }
    }

    private void placeAll(JoclArguments setter, TeamKernel.Arguments arguments) {
        TeamKernel.Value[] values = arguments.values();
        if (set.length != values.length) {
            set = Arrays.copyOf(set, values.length);
        }
        for (int i = 0; i < values.length; i++) {
            if (values[i] != null && i != arguments.firstGroup() && !values[i].equals(set[i])) {
                set[i] = null;
                values[i].set(setter, kernel, i);
                set[i] = values[i];
            }
        }
    }
}
