package io.github.clnorm.bench.transfers;

import static org.jocl.CL.*;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.github.clnorm.Backend;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_mem;

/**
 * Prints two tables: the rates of transfers next to {@code memcpy}, and the time of a group_norm by each way in and out. {@code
 * bench/transfers} runs it. All rows are measured in turn, so that other programs disturb all alike. Not thread-safe.
 */
public final class TransferRates {

    private static final int MEGABYTES = Integer.getInteger("megabytes", 256);
    private static final int ROUNDS = Integer.getInteger("rounds", 15);
    private static final int CALL_ROUNDS = 10 * ROUNDS;
    private static final long[] SHAPE = {2, 320, 64, 64};
    private static final int GROUPS = 32;

    private final DeviceInfo device;

    private TransferRates(DeviceInfo device) {
        this.device = device;
    }

    /**
     * Measures a device.
     *
     * @param arguments a device selector, or none for the default device
     */
    public static void main(String... arguments) {
        DeviceInfo device =
                DeviceSelector.parse(arguments.length > 0 ? arguments[0] : null).select();
        System.out.println(device.description());
        TransferRates rates = new TransferRates(device);
        rates.transfers();
        rates.calls();
    }

    private static ByteBuffer direct(long bytes) {
        return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
    }

    private static float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i % 1000 - 500;
        }
        return values;
    }

    /** The times of actions in nanoseconds, sorted. */
    private static Map<String, long[]> timed(Map<String, Runnable> actions, int rounds) {
        Map<String, long[]> times = new LinkedHashMap<>();
        for (int round = -rounds / 5 - 1; round < rounds; round++) {
            for (Map.Entry<String, Runnable> action : actions.entrySet()) {
                long start = System.nanoTime();
                action.getValue().run();
                long time = System.nanoTime() - start;
                if (round >= 0) {
                    times.computeIfAbsent(action.getKey(), name -> new long[rounds])[round] = time;
                }
            }
        }
        times.values().forEach(Arrays::sort);
        return times;
    }

    private static void print(String format, Object... values) {
        System.out.printf(Locale.ROOT, format, values);
    }

    private void transfers() {
        int count = MEGABYTES << 18;
        long bytes = 4L * count;
        float[] source = values(count);
        float[] target = new float[count];
        ByteBuffer directSource = direct(bytes);
        ByteBuffer directTarget = direct(bytes);
        directSource.asFloatBuffer().put(source);
        directTarget.asFloatBuffer().put(source);
        Function memcpy = Function.getFunction("c", "memcpy");
        Pointer from = Native.getDirectBufferPointer(directSource);
        Pointer to = Native.getDirectBufferPointer(directTarget);
        try (Backend backend = Backend.open(device);
                Tensor x = backend.tensor(source, count)) {
            Map<String, Runnable> actions = new LinkedHashMap<>();
            actions.put("memcpy", () -> memcpy.invokePointer(new Object[] {to, from, bytes}));
            actions.put("System.arraycopy of float[]", () -> System.arraycopy(source, 0, target, 0, count));
            actions.put("set(float[])", () -> x.set(source));
            actions.put("set(direct buffer)", () -> x.set(directSource));
            actions.put("get(FloatBuffer.wrap(float[]))", () -> x.get(FloatBuffer.wrap(target)));
            actions.put("get(direct buffer)", () -> x.get(directTarget));
            actions.put("toFloats(), a new array", x::toFloats);
            actions.put("readAsync().join(), a new array", () -> x.readAsync().join());
            Map<String, long[]> times = timed(actions, ROUNDS);
            long[] reference = times.get("memcpy");
            print("%n| %d MB | best GB/s | of memcpy's | median GB/s | of memcpy's |%n|---|---|---|---|---|%n", MEGABYTES);
            times.forEach((name, time) -> print(
                    "| %s | %.1f | %.2f | %.1f | %.2f |%n",
                    name,
                    (double) bytes / time[0],
                    (double) reference[0] / time[0],
                    (double) bytes / time[ROUNDS / 2],
                    (double) reference[ROUNDS / 2] / time[ROUNDS / 2]));
        }
    }

    private void calls() {
        int count = (int) Arrays.stream(SHAPE).reduce(1, (a, b) -> a * b);
        float[] source = values(count);
        float[] target = new float[count];
        ByteBuffer directSource = direct(4L * count);
        ByteBuffer directTarget = direct(4L * count);
        directSource.asFloatBuffer().put(source);
        cl_context context = context();
        cl_command_queue queue = queue(context);
        cl_mem in = clCreateBuffer(context, CL_MEM_READ_WRITE, 4L * count, null, null);
        cl_mem out = clCreateBuffer(context, CL_MEM_READ_WRITE, 4L * count, null, null);
        try (Backend backend = Backend.on(context, queue);
                GroupNorm norm = GroupNorm.of(backend, GROUPS, (int) SHAPE[1]);
                Tensor x = backend.tensor(source, SHAPE);
                Tensor y = backend.empty(SHAPE);
                Tensor wrappedX = backend.wrap(directSource, ElementType.FLOAT32, SHAPE);
                Tensor wrappedY = backend.wrap(directTarget, ElementType.FLOAT32, SHAPE);
                Tensor clX = backend.wrap(in, ElementType.FLOAT32, SHAPE);
                Tensor clY = backend.wrap(out, ElementType.FLOAT32, SHAPE)) {
            clX.set(source);
            ByteBuffer copiedSource = direct(4L * count).put(directSource.duplicate()).flip();
            ByteBuffer copiedTarget = direct(4L * count);
            Map<String, Runnable> actions = new LinkedHashMap<>();
            actions.put("float[]: set, infer, get", () -> {
                x.set(source);
                norm.infer(x, Options.DEFAULTS.output(y));
                y.get(FloatBuffer.wrap(target));
            });
            actions.put("direct buffer: set, infer, get", () -> {
                x.set(copiedSource.order(ByteOrder.nativeOrder()));
                norm.infer(x, Options.DEFAULTS.output(y));
                y.get(copiedTarget);
            });
            actions.put("wrapped direct buffer: set, infer, get", () -> {
                wrappedX.set(directSource);
                norm.infer(wrappedX, Options.DEFAULTS.output(wrappedY));
                wrappedY.get(directTarget);
            });
            actions.put("wrapped cl_mem: infer, finish", () -> {
                norm.infer(clX, Options.DEFAULTS.output(clY));
                backend.finish();
            });
            print("%nThe wrapped buffer is %s.%n", wrappedX.sharesHostMemory() ? "shared" : "copied");
            Map<String, long[]> times = timed(actions, CALL_ROUNDS);
            print("%n| group_norm of 2×320×64×64, float32 | best µs | median µs |%n|---|---|---|%n");
            times.forEach((name, time) ->
                    print("| %s | %.0f | %.0f |%n", name, time[0] / 1e3, time[CALL_ROUNDS / 2] / 1e3));
        } finally {
            clReleaseMemObject(in);
            clReleaseMemObject(out);
            clReleaseCommandQueue(queue);
            clReleaseContext(context);
        }
    }

    private cl_context context() {
        cl_context_properties properties = new cl_context_properties();
        properties.addProperty(CL_CONTEXT_PLATFORM, device.handle().platform());
        return clCreateContext(
                properties, 1, new cl_device_id[] {device.handle().device()}, null, null, null);
    }

    @SuppressWarnings("deprecation")
    private cl_command_queue queue(cl_context context) {
        return clCreateCommandQueue(context, device.handle().device(), 0, null);
    }
}
