package io.github.clnorm.internal.opencl;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static io.github.clnorm.internal.driver.JoclCalls.created;
import static org.jocl.CL.*;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.driver.DriverAnswer;
import io.github.clnorm.internal.driver.JvmSignalHandlers;
import java.nio.ByteBuffer;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_program;

/**
 * Programs of a device, and their kernels. Not thread-safe: the calls of {@link OpenCl} are made one at a time. Only {@link
 * #createKernel} may be called at the same time as the others.
 */
final class JoclPrograms {

    // A driver that reports a larger binary is in error.
    private static final long MOST_BINARY = 64 << 20;
    private static final int MOST_LOG_BYTES = 16 << 20;
    private static final int MOST_LOG = 64 << 10;

    private final JoclCheck check;
    private final cl_context context;
    private final cl_device_id device;

    JoclPrograms(JoclCheck check, cl_context context, cl_device_id device) {
        this.check = check;
        this.context = context;
        this.device = device;
    }

    OpenCl.Program build(String source, String options) {
        int[] code = new int[1];
        cl_program program =
                created(code, () -> clCreateProgramWithSource(context, 1, new String[] {source}, null, code));
        check.of(code[0], "clCreateProgramWithSource");
        return built(program, options);
    }

    OpenCl.Program load(byte[] binary, String options) {
        int[] code = new int[1];
        int[] ofBinary = new int[1];
        cl_program program = created(
                code,
                () -> clCreateProgramWithBinary(
                        context,
                        1,
                        new cl_device_id[] {device},
                        new long[] {binary.length},
                        new byte[][] {binary},
                        ofBinary,
                        code));
        check.of(code[0], "clCreateProgramWithBinary");
        return built(program, options);
    }

    private OpenCl.Program built(cl_program program, String options) {
        int built = JvmSignalHandlers.keptDuring(
                () -> code(() -> clBuildProgram(program, 1, new cl_device_id[] {device}, options, null, null)));
        if (built != CL_SUCCESS) {
            String log = buildLog(program);
            code(() -> clReleaseProgram(program));
            throw new ClException(built, "clBuildProgram", check.device(), log);
        }
        return new OpenCl.Program(program);
    }

    byte[] binary(OpenCl.Program program) {
        cl_program of = (cl_program) program.handle();
        // A caller's context may have several devices, and then as many binaries.
        int[] devices = new int[1];
        check.run(
                () -> clGetProgramInfo(of, CL_PROGRAM_NUM_DEVICES, Sizeof.cl_uint, Pointer.to(devices), null),
                "clGetProgramInfo");
        if (devices[0] != 1) {
            return new byte[0];
        }
        long[] size = new long[1];
        check.run(
                () -> clGetProgramInfo(of, CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(size), null),
                "clGetProgramInfo");
        if (size[0] <= 0 || size[0] > MOST_BINARY) {
            return new byte[0];
        }
        ByteBuffer direct = ByteBuffer.allocateDirect((int) size[0]);
        Pointer binaries = Pointer.to(Pointer.toBuffer(direct));
        check.run(() -> clGetProgramInfo(of, CL_PROGRAM_BINARIES, Sizeof.POINTER, binaries, null), "clGetProgramInfo");
        byte[] binary = new byte[direct.capacity()];
        direct.get(binary);
        return binary;
    }

    private String buildLog(cl_program program) {
        return buildLog((bytes, size) -> code(() -> clGetProgramBuildInfo(
                program,
                device,
                CL_PROGRAM_BUILD_LOG,
                bytes == null ? 0 : bytes.length,
                bytes == null ? null : Pointer.to(bytes),
                size)));
    }

    /** The compiler's log, cut to the length of a message. */
    static String buildLog(DriverAnswer.Query query) {
        DriverAnswer log = DriverAnswer.of(query, MOST_LOG_BYTES);
        if (log.code() != CL_SUCCESS) {
            return "(the log cannot be read: clGetProgramBuildInfo answered " + log.code() + ", and a size of "
                    + Long.toUnsignedString(log.size()) + " bytes)";
        }
        int more = log.text().length() - MOST_LOG;
        return more <= 0 ? log.text() : log.text().substring(0, MOST_LOG) + "\n(" + more + " more characters)";
    }

    void release(OpenCl.Program program) {
        check.run(() -> clReleaseProgram((cl_program) program.handle()), "clReleaseProgram");
    }

    OpenCl.Kernel createKernel(OpenCl.Program program, String name) {
        int[] code = new int[1];
        cl_kernel kernel = created(code, () -> clCreateKernel((cl_program) program.handle(), name, code));
        check.of(code[0], "clCreateKernel");
        return new OpenCl.Kernel(kernel, name);
    }

    void release(OpenCl.Kernel kernel) {
        check.run(() -> clReleaseKernel((cl_kernel) kernel.handle()), "clReleaseKernel");
    }

    long workGroupLimit(OpenCl.Kernel kernel) {
        long[] limit = new long[1];
        check.run(
                () -> clGetKernelWorkGroupInfo(
                        (cl_kernel) kernel.handle(),
                        device,
                        CL_KERNEL_WORK_GROUP_SIZE,
                        Sizeof.size_t,
                        Pointer.to(limit),
                        null),
                "clGetKernelWorkGroupInfo");
        return limit[0];
    }
}
