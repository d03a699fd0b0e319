package io.github.clnorm.tools.compilers;

import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * A device without a driver: takes every OpenCL call, and remembers which kernels are launched, how they are built, and how
 * much local memory their arguments have.
 */
final class PortRecorder {

    /** Called for every launch. */
    interface Launched {
        /**
         * A launch.
         *
         * @param build the kernel
         * @param localBytes of its arguments in local memory
         */
        void launched(KernelBuild build, long localBytes);
    }

    private final long workGroupLimit;
    private final Launched launched;
    private final Map<OpenCl.Kernel, KernelBuild> builds = new IdentityHashMap<>();
    private final Map<OpenCl.Kernel, Map<Integer, Long>> local = new IdentityHashMap<>();

    private record Built(String source, String options) {}

    PortRecorder(long workGroupLimit, Launched launched) {
        this.workGroupLimit = workGroupLimit;
        this.launched = launched;
    }

    /** The calls of the device. */
    OpenCl port() {
        return (OpenCl) Proxy.newProxyInstance(
                OpenCl.class.getClassLoader(),
                new Class<?>[] {OpenCl.class},
                (proxy, method, arguments) -> answer(method.getName(), arguments));
    }

    private Object answer(String call, Object... arguments) {
        switch (call) {
            case "createBuffer", "createPinnedBuffer" -> {
                return new OpenCl.Memory(new Object());
            }
            case "build" -> {
                return new OpenCl.Program(new Built((String) arguments[0], (String) arguments[1]));
            }
            case "createKernel" -> {
                Built built = (Built) ((OpenCl.Program) arguments[0]).handle();
                OpenCl.Kernel kernel = new OpenCl.Kernel(new Object(), (String) arguments[1]);
                builds.put(kernel, new KernelBuild(kernel.name(), built.source, built.options));
                return kernel;
            }
            case "workGroupLimit" -> {
                return workGroupLimit;
            }
            case "binary" -> {
                return new byte[0];
            }
            case "sharesHostMemory" -> {
                return false;
            }
            case "subBufferAlignment" -> {
                return 1L;
            }
            case "map" -> {
                return ByteBuffer.allocateDirect(Math.toIntExact((Long) arguments[2]));
            }
            case "setLocalArgument" -> {
                local.computeIfAbsent((OpenCl.Kernel) arguments[0], unused -> new HashMap<>())
                        .put((Integer) arguments[1], (Long) arguments[2]);
                return null;
            }
            case "enqueue" -> {
                OpenCl.Kernel kernel = (OpenCl.Kernel) arguments[0];
                long bytes = local.getOrDefault(kernel, Map.of()).values().stream()
                        .mapToLong(Long::longValue)
                        .sum();
                launched.launched(builds.get(kernel), bytes);
                return null;
            }
            default -> {
                return null;
            }
        }
    }
}
