package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.GradientCut;
import io.github.clnorm.internal.runtime.KernelSignature.Parameter;
import io.github.clnorm.internal.runtime.KernelSignature.Type;
import io.github.clnorm.type.ElementType;

/**
 * The arguments of a kernel, each set once, by its parameter's name. Names are resolved when arguments are made, which is
 * once for many launches; a launch goes by indices.
 */
final class KernelArguments {

    /** How an argument is handed to OpenCL. */
    enum Kind {
        BUFFER,
        LOCAL,
        UINT,
        ULONG,
        FLOAT,
        DOUBLE
    }

    private final KernelSignature signature;
    private final ElementType real;
    // Null: not set yet.
    final Kind[] kinds;
    // Numbers; the bits of floating-point numbers, the bytes of local memory.
    final long[] numbers;
    final DeviceBuffer[] buffers;

    /**
     * No arguments.
     *
     * @param real what the kernel's {@code real} is built as: float32 or float64
     */
    KernelArguments(KernelSignature signature, ElementType real) {
        int count = signature.parameters().size();
        this.signature = signature;
        this.real = real;
        this.kinds = new Kind[count];
        this.numbers = new long[count];
        this.buffers = new DeviceBuffer[count];
    }

    /** Sets a pointer to global memory; null for a null pointer. */
    KernelArguments with(String name, DeviceBuffer buffer) {
        return set(index(name, Type.BUFFER), Kind.BUFFER, 0, buffer);
    }

    /** Sets a uint or a ulong. */
    KernelArguments with(String name, long value) {
        int index = signature.index(name);
        if (signature.parameters().get(index).type() == Type.UINT) {
            if (value < 0 || value > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "the argument " + name + " of " + signature.kernel() + " is not a uint: " + value);
            }
            return set(index, Kind.UINT, value, null);
        }
        return set(index(name, Type.ULONG), Kind.ULONG, value, null);
    }

    /** Sets a real. */
    KernelArguments withReal(String name, double value) {
        int index = index(name, Type.REAL);
        return real == ElementType.FLOAT64
                ? set(index, Kind.DOUBLE, Double.doubleToRawLongBits(value), null)
                : set(index, Kind.FLOAT, Float.floatToRawIntBits((float) value), null);
    }

    /** Sets the size of local memory, in bytes. */
    KernelArguments withLocal(String name, long bytes) {
        return set(index(name, Type.LOCAL), Kind.LOCAL, bytes, null);
    }

    /** The parameters of a geometry. */
    KernelArguments with(Geometry sets) {
        return with("rows", sets.rows())
                .with("groups", sets.groups())
                .with("width", sets.width())
                .with("run", sets.run());
    }

    /** The parameters of a cut into blocks. */
    KernelArguments with(Cut cut) {
        double unit = cut.unit();
        return with("blocks", cut.blocks())
                .with("period", cut.period())
                .with("full", cut.full())
                .with("fuller", cut.fuller())
                .withReal("more", cut.more() / unit)
                .withReal("less", cut.less() / unit)
                .withReal("unit", unit);
    }

    /** The parameters of a cut for gradients. */
    KernelArguments with(GradientCut cut) {
        return with("blocks", cut.blocks()).with("runs", cut.runs()).with("per_run", cut.perRun());
    }

    /** The parameters of columns. */
    KernelArguments with(Columns columns, int strips) {
        return with("short_rows", columns.shortRows()).with("strips", strips).with("tiles", columns.tiles());
    }

    /**
     * Checks that every parameter is set.
     *
     * @throws IllegalStateException when one is not
     */
    KernelArguments requireComplete() {
        for (int i = 0; i < kinds.length; i++) {
            if (kinds[i] == null) {
                throw new IllegalStateException("the argument "
                        + signature.parameters().get(i).name() + " of " + signature.kernel() + " is not set");
            }
        }
        return this;
    }

    private int index(String name, Type type) {
        int index = signature.index(name);
        Parameter parameter = signature.parameters().get(index);
        if (parameter.type() != type) {
            throw new IllegalStateException("the argument " + name + " of " + signature.kernel() + " is a "
                    + parameter.type() + ", not a " + type);
        }
        return index;
    }

    private KernelArguments set(int index, Kind kind, long number, DeviceBuffer buffer) {
        if (kinds[index] != null) {
            throw new IllegalStateException("the argument "
                    + signature.parameters().get(index).name() + " of " + signature.kernel() + " is set twice");
        }
        kinds[index] = kind;
        numbers[index] = number;
        buffers[index] = buffer;
        return this;
    }
}
