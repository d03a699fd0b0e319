package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;

/** A kernel's arguments, in their order. */
final class KernelArguments {

    private enum Kind {
        BUFFER,
        UINT,
        ULONG,
        FLOAT,
        DOUBLE,
        LOCAL
    }

    private static final int FEW = 4;

    private Kind[] kinds = new Kind[FEW];
    // Numbers; of floating-point ones the bits, of local memory the bytes.
    private long[] numbers = new long[FEW];
    private DeviceBuffer[] buffers = new DeviceBuffer[FEW];
    private int count;

    private KernelArguments add(Kind kind, long number, DeviceBuffer buffer) {
        if (count == kinds.length) {
            kinds = Arrays.copyOf(kinds, 2 * count);
            numbers = Arrays.copyOf(numbers, 2 * count);
            buffers = Arrays.copyOf(buffers, 2 * count);
        }
        kinds[count] = kind;
        numbers[count] = number;
        buffers[count++] = buffer;
        return this;
    }

    KernelArguments add(DeviceBuffer buffer) {
        return add(Kind.BUFFER, 0, buffer);
    }

    KernelArguments add(long value) {
        return add(Kind.ULONG, value, null);
    }

    KernelArguments add(int value) {
        return add(Kind.UINT, value, null);
    }

    /** A value of the kernel's `real`. */
    KernelArguments addReal(ElementType real, double value) {
        return real == ElementType.FLOAT64
                ? add(Kind.DOUBLE, Double.doubleToRawLongBits(value), null)
                : add(Kind.FLOAT, Float.floatToRawIntBits((float) value), null);
    }

    /** SETS_ARGUMENTS of sets.cl. */
    KernelArguments add(Geometry sets) {
        return add(sets.rows()).add(sets.groups()).add(sets.width()).add(sets.run());
    }

    /** RUNS_ARGUMENTS of gradient.cl. */
    KernelArguments add(GradientCut cut) {
        return add(cut.blocks()).add(cut.runs()).add(cut.perRun());
    }

    /** CUT_ARGUMENTS of moments.cl. */
    KernelArguments add(ElementType real, Cut cut) {
        double unit = cut.unit();
        return add(cut.blocks())
                .add(cut.period())
                .add(cut.full())
                .add(cut.fuller())
                .addReal(real, cut.more() / unit)
                .addReal(real, cut.less() / unit)
                .addReal(real, unit);
    }

    KernelArguments addLocal(long bytes) {
        return add(Kind.LOCAL, bytes, null);
    }

    /** Leaves a ulong for later, see {@link #set}: its index. */
    int skip() {
        add(0L);
        return count - 1;
    }

    /** A ulong that was left. */
    void set(int index, long value) {
        numbers[index] = value;
    }

    int count() {
        return count;
    }

    /** A buffer, or null. */
    DeviceBuffer buffer(int index) {
        return buffers[index];
    }

    void set(int index, DeviceBuffer buffer) {
        buffers[index] = buffer;
    }

    /**
     * What the arguments of a kernel are set to. Setting one costs about a microsecond, which is seen where a launch takes
     * twenty; so only those are set that are not what they should be. The caller holds the session's lock.
     */
    static final class Placed {
        private final OpenCl openCl;
        private final OpenCl.Kernel kernel;
        // Null: not set, or nobody knows.
        private Kind[] kinds = new Kind[0];
        private long[] numbers = new long[0];
        private OpenCl.Memory[] memories = new OpenCl.Memory[0];

        Placed(OpenCl openCl, OpenCl.Kernel kernel) {
            this.openCl = openCl;
            this.kernel = kernel;
        }

        /** Sets what differs. */
        void place(KernelArguments arguments) {
            if (kinds.length < arguments.count) {
                kinds = Arrays.copyOf(kinds, arguments.count);
                numbers = Arrays.copyOf(numbers, arguments.count);
                memories = Arrays.copyOf(memories, arguments.count);
            }
            for (int i = 0; i < arguments.count; i++) {
                DeviceBuffer buffer = arguments.buffers[i];
                place(i, arguments.kinds[i], arguments.numbers[i], buffer == null ? null : buffer.memory());
            }
        }

        private void place(int index, Kind kind, long number, OpenCl.Memory memory) {
            if (kinds[index] == kind && numbers[index] == number && memories[index] == memory) {
                return;
            }
            kinds[index] = null;
            switch (kind) {
                case BUFFER -> openCl.setArgument(kernel, index, memory);
                case UINT -> openCl.setArgument(kernel, index, (int) number);
                case ULONG -> openCl.setArgument(kernel, index, number);
                case FLOAT -> openCl.setArgument(kernel, index, Float.intBitsToFloat((int) number));
                case DOUBLE -> openCl.setArgument(kernel, index, Double.longBitsToDouble(number));
                case LOCAL -> openCl.setLocalArgument(kernel, index, number);
            }
            kinds[index] = kind;
            numbers[index] = number;
            memories[index] = memory;
        }
    }
}
