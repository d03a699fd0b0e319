package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jocl.CL;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs in a child process, which ends with a segmentation fault if the handlers are lost. */
@Tag("slow")
class JvmSignalHandlersTest {

    private static final int BUSY_THREADS = 4;
    private static final int COMPILATIONS = 8;

    @Test
    void aProcessWithBusyThreadsSurvivesManyCompilations() throws Exception {
        String out = output();
        assertEquals("survived", out.strip());
    }

    @Test
    void alsoIfTheApplicationCalledTheDriversBefore() throws Exception {
        String out = output("first");
        assertEquals("survived", out.strip());
    }

    @Test
    void keepsHandlersThatTheApplicationSetsMeanwhile() throws Exception {
        // By reflection, because the compiler warns about this class.
        Class<?> type = Class.forName("sun.misc.Signal");
        Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
        Object signal = type.getConstructor(String.class).newInstance("WINCH");
        CountDownLatch arrived = new CountDownLatch(1);
        Object handler = Proxy.newProxyInstance(
                handlerType.getClassLoader(), new Class<?>[] {handlerType}, (proxy, method, arguments) -> {
                    arrived.countDown();
                    return null;
                });
        Object before = during(() -> type.getMethod("handle", type, handlerType).invoke(null, signal, handler));
        try {
            type.getMethod("raise", type).invoke(null, signal);
            assertTrue(arrived.await(10, TimeUnit.MINUTES), "the signal did not arrive");
        } finally {
            type.getMethod("handle", type, handlerType).invoke(null, signal, before);
        }
    }

    /**
     * Sets a handler while a driver compiles, and waits so that the watch can check several times. On a busy machine it
     * may not get the chance: then the check at the end of the call must give the same result.
     */
    private static <T> T during(Callable<T> action) {
        AtomicReference<T> result = new AtomicReference<>();
        JvmSignalHandlers.keptDuring(() -> {
            try {
                result.set(action.call());
                Thread.sleep(20);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return 0;
        });
        return result.get();
    }

    private static String output(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Djava.library.path=" + System.getProperty("java.library.path"),
                "-cp",
                System.getProperty("java.class.path"),
                Compiling.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove("LD_PRELOAD");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), out);
        return out;
    }

    /** Compiles new programs on each device while other threads are busy and are stopped by the garbage collector. */
    static final class Compiling {

        private static volatile long sum;

        private Compiling() {}

        public static void main(String[] arguments) {
            if (arguments.length > 0) {
                // Before the busy threads run, no signal makes LLVM restore handlers.
                CL.clGetPlatformIDs(0, null, new int[1]);
                Devices.platforms();
            }
            for (int i = 0; i < BUSY_THREADS; i++) {
                Thread busy = new Thread(Compiling::run);
                busy.setDaemon(true);
                busy.start();
            }
            for (DeviceInfo device : Devices.of(Devices.platforms())) {
                OpenCl openCl = JoclOpenCl.open(device, false);
                for (int i = 0; i < COMPILATIONS; i++) {
                    // A comment makes the program new for the driver's cache.
                    String source = "// " + System.nanoTime()
                            + "\n__kernel void scale(__global float *x) { x[get_global_id(0)] *= " + i + "; }\n";
                    openCl.release(openCl.build(source, ""));
                    if (!JvmSignalHandlers.areInPlace()) {
                        System.out.println("LLVM's handlers stayed");
                        System.exit(1);
                    }
                    System.gc();
                }
                openCl.close();
            }
            System.out.println("survived");
        }

        private static void run() {
            long x = 0;
            while (x >= 0) {
                for (int i = 0; i < 1_000_000; i++) {
                    x = (x + sum + i) >>> 1;
                }
                sum = x & 7;
            }
        }
    }
}
