package io.github.clnorm.internal.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * A real device whose speed, failures and faults are those that a test wants, and a clock that goes on by what it launches.
 * Programs are told apart by their compiler options, such as {@code -DVECTOR_WIDTH=8}.
 */
final class SimulatedDevice implements LongSupplier {

    // One for all tests: what was compiled once need not be compiled again.
    private static final Map<DeviceInfo, OpenCl> REAL = new HashMap<>();
    private static final Map<List<Object>, Object> BUILT = new HashMap<>();

    private final OpenCl real;
    private final Map<OpenCl.Program, String> options = new HashMap<>();
    private final Map<OpenCl.Kernel, String> kernels = new HashMap<>();
    private ToLongFunction<String> cost = unused -> 1000;
    private Predicate<String> doesNotBuild = unused -> false;
    private Predicate<String> doesNotRun = unused -> false;
    private Predicate<String> isWrong = unused -> false;
    private Predicate<String> isSmall = unused -> false;
    private long ofBuild;
    private boolean wrong;
    private long now;
    private int builds;

    SimulatedDevice(DeviceInfo device) {
        real = REAL.computeIfAbsent(device, unused -> JoclOpenCl.open(device, false));
    }

    /** Nanoseconds of a launch of a kernel: its options, and its name at the end. */
    SimulatedDevice launchesTake(ToLongFunction<String> nanoseconds) {
        cost = nanoseconds;
        return this;
    }

    SimulatedDevice buildsTake(long nanoseconds) {
        ofBuild = nanoseconds;
        return this;
    }

    SimulatedDevice doesNotBuild(Predicate<String> of) {
        doesNotBuild = of;
        return this;
    }

    SimulatedDevice doesNotRun(Predicate<String> of) {
        doesNotRun = of;
        return this;
    }

    /** The next results that are read begin with another bit. */
    SimulatedDevice isWrong(Predicate<String> of) {
        isWrong = of;
        return this;
    }

    /** Kernels that allow no work-group at all. */
    SimulatedDevice isSmall(Predicate<String> of) {
        isSmall = of;
        return this;
    }

    int builds() {
        return builds;
    }

    /** The time by the clock that only launches and builds move. */
    @Override
    public long getAsLong() {
        return now;
    }

    OpenCl port() {
        return (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(), new Class<?>[] {OpenCl.class}, (proxy, method, arguments) -> {
                    before(method.getName(), arguments);
                    Object result;
                    try {
                        result = invoke(method, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    return after(method.getName(), arguments, result);
                });
    }

    private Object invoke(Method method, Object... arguments) throws ReflectiveOperationException {
        boolean kept = method.getName().equals("close")
                || method.getName().equals("release") && arguments[0] instanceof OpenCl.Program;
        if (kept) {
            return null;
        }
        if (!method.getName().equals("build")) {
            return method.invoke(real, arguments);
        }
        List<Object> key = List.of(real, arguments[0], arguments[1]);
        if (!BUILT.containsKey(key)) {
            BUILT.put(key, method.invoke(real, arguments));
        }
        return BUILT.get(key);
    }

    private void before(String call, Object... arguments) {
        if (call.equals("build") && doesNotBuild.test((String) arguments[1])) {
            throw new ClException(-11, "clBuildProgram", "a simulated device");
        }
        if (call.equals("enqueue") && doesNotRun.test(kernels.get((OpenCl.Kernel) arguments[0]))) {
            throw new ClException(-5, "clEnqueueNDRangeKernel", "a simulated device");
        }
    }

    private Object after(String call, Object[] arguments, Object result) {
        switch (call) {
            case "build" -> {
                now += ofBuild;
                builds++;
                options.put((OpenCl.Program) result, (String) arguments[1]);
            }
            case "createKernel" -> kernels.put(
                    (OpenCl.Kernel) result, options.get((OpenCl.Program) arguments[0]) + " " + arguments[1]);
            case "workGroupLimit" -> {
                return isSmall.test(kernels.get((OpenCl.Kernel) arguments[0])) ? 0L : result;
            }
            case "enqueue" -> {
                String kernel = kernels.get((OpenCl.Kernel) arguments[0]);
                now += cost.applyAsLong(kernel);
                wrong = isWrong.test(kernel);
            }
            case "read" -> {
                ByteBuffer bytes = (ByteBuffer) arguments[2];
                if (wrong && bytes.remaining() > 0) {
                    bytes.put(bytes.position(), (byte) (bytes.get(bytes.position()) ^ 1));
                }
            }
            default -> {
                return result;
            }
        }
        return result;
    }
}
