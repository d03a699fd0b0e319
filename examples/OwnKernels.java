import static org.jocl.CL.*;

import io.github.clnorm.Backend;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.type.ElementType;
import java.util.Locale;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import org.jocl.cl_program;

/**
 * GroupNorm between two kernels of a program that has its own OpenCL context, queue and buffers. The first kernel
 * writes x, the norm reads x and writes y, and the second kernel reads y. Nothing is copied, and the host waits once,
 * for the result.
 *
 * <p>The second kernel squares y. The mean of the squares of a normalized group is its variance, so the program prints
 * ones.
 *
 * <p>Run from the top of the project, which {@code ./clnorm devices} builds:
 * {@code java -cp 'target/clnorm.jar:target/lib/*' examples/OwnKernels.java}
 */
public final class OwnKernels {

    private static final int CHANNELS = 8;
    private static final int GROUPS = 4;
    private static final int SIZE = 64 * 64; // elements of a channel
    private static final int COUNT = CHANNELS * SIZE; // of a batch of one sample

    private static final String SOURCE =
            """
            kernel void waves(global float *x) {
                const uint i = get_global_id(0);
                x[i] = 3.0f + sin(0.01f * i) * (1 + i / %d);
            }
            kernel void square(global const float *y, global float *squares) {
                const uint i = get_global_id(0);
                squares[i] = y[i] * y[i];
            }
            """
                    .formatted(SIZE);

    private OwnKernels() {}

    public static void main(String[] arguments) {
        for (float variance : run(DeviceSelector.parse(null).select())) {
            System.out.printf(Locale.ROOT, "variance of a normalized group: %.4f%n", variance);
        }
    }

    /** Runs on a device, and returns the variance of each group of y. */
    public static float[] run(DeviceInfo device) {
        // JOCL throws an exception when a call fails. This setting applies to the whole process.
        CL.setExceptionsEnabled(true);
        cl_device_id[] devices = {device.handle().device()};
        cl_context_properties properties = new cl_context_properties();
        properties.addProperty(CL_CONTEXT_PLATFORM, device.handle().platform());
        cl_context context = clCreateContext(properties, 1, devices, null, null, null);
        @SuppressWarnings("deprecation") // The call of OpenCL 1.2, which every device has.
        cl_command_queue queue = clCreateCommandQueue(context, devices[0], 0, null);
        cl_program program = clCreateProgramWithSource(context, 1, new String[] {SOURCE}, null, null);
        clBuildProgram(program, 1, devices, null, null, null);
        cl_kernel waves = clCreateKernel(program, "waves", null);
        cl_kernel square = clCreateKernel(program, "square", null);
        cl_mem xs = clCreateBuffer(context, CL_MEM_READ_WRITE, (long) COUNT * Float.BYTES, null, null);
        cl_mem ys = clCreateBuffer(context, CL_MEM_READ_WRITE, (long) COUNT * Float.BYTES, null, null);
        cl_mem squares = clCreateBuffer(context, CL_MEM_WRITE_ONLY, (long) COUNT * Float.BYTES, null, null);
        float[] result = new float[COUNT];

        // clnorm works in the program's context, and enqueues on its queue.
        try (Backend backend = Backend.on(context, queue);
                GroupNorm norm = GroupNorm.of(backend, GROUPS, CHANNELS);
                Tensor x = backend.wrap(xs, ElementType.FLOAT32, 1, CHANNELS, 64, 64);
                Tensor y = backend.wrap(ys, ElementType.FLOAT32, 1, CHANNELS, 64, 64)) {
            launch(queue, waves, xs);
            norm.infer(x, Options.DEFAULTS.output(y));
            launch(queue, square, ys, squares);

            // The only wait: the queue runs everything in order.
            clEnqueueReadBuffer(
                    queue, squares, true, 0, (long) COUNT * Float.BYTES, Pointer.to(result), 0, null, null);
        }

        // The program's own objects are still its own.
        for (cl_mem buffer : new cl_mem[] {xs, ys, squares}) {
            clReleaseMemObject(buffer);
        }
        clReleaseKernel(waves);
        clReleaseKernel(square);
        clReleaseProgram(program);
        clReleaseCommandQueue(queue);
        clReleaseContext(context);
        return means(result);
    }

    private static void launch(cl_command_queue queue, cl_kernel kernel, cl_mem... buffers) {
        for (int i = 0; i < buffers.length; i++) {
            clSetKernelArg(kernel, i, Sizeof.cl_mem, Pointer.to(buffers[i]));
        }
        clEnqueueNDRangeKernel(queue, kernel, 1, null, new long[] {COUNT}, null, 0, null, null);
    }

    /** The mean of each group. */
    private static float[] means(float[] values) {
        float[] means = new float[GROUPS];
        int ofGroup = values.length / GROUPS;
        for (int group = 0; group < GROUPS; group++) {
            double sum = 0;
            for (int i = 0; i < ofGroup; i++) {
                sum += values[group * ofGroup + i];
            }
            means[group] = (float) (sum / ofGroup);
        }
        return means;
    }
}
