package io.github.clnorm.internal.opencl;

import static org.jocl.CL.clSetKernelArg;

import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_kernel;

/** Sets arguments of kernels. Not thread-safe: the calls of {@link OpenCl} are made one at a time. */
final class JoclArguments {

    private final JoclCheck check;

    // Reused for every scalar argument: clSetKernelArg copies the value before it returns.
    private final int[] uint = new int[1];
    private final long[] ulong = new long[1];
    private final float[] real = new float[1];
    private final double[] real64 = new double[1];
    private final Pointer uintPointer = Pointer.to(uint);
    private final Pointer ulongPointer = Pointer.to(ulong);
    private final Pointer realPointer = Pointer.to(real);
    private final Pointer real64Pointer = Pointer.to(real64);

    JoclArguments(JoclCheck check) {
        this.check = check;
    }

    void set(OpenCl.Kernel kernel, int index, OpenCl.Memory memory) {
        set(kernel, index, Sizeof.cl_mem, memory == null ? null : JoclMemory.argument(memory));
    }

    void set(OpenCl.Kernel kernel, int index, int value) {
        uint[0] = value;
        set(kernel, index, Sizeof.cl_uint, uintPointer);
    }

    void set(OpenCl.Kernel kernel, int index, long value) {
        ulong[0] = value;
        set(kernel, index, Sizeof.cl_ulong, ulongPointer);
    }

    void set(OpenCl.Kernel kernel, int index, float value) {
        real[0] = value;
        set(kernel, index, Sizeof.cl_float, realPointer);
    }

    void set(OpenCl.Kernel kernel, int index, double value) {
        real64[0] = value;
        set(kernel, index, Sizeof.cl_double, real64Pointer);
    }

    void setLocal(OpenCl.Kernel kernel, int index, long bytes) {
        set(kernel, index, bytes, null);
    }

    private void set(OpenCl.Kernel kernel, int index, long bytes, Pointer value) {
        check.run(() -> clSetKernelArg((cl_kernel) kernel.handle(), index, bytes, value), "clSetKernelArg");
    }
}
