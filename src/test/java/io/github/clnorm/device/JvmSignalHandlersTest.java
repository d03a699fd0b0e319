package io.github.clnorm.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.clnorm.runtime.opencl.JoclOpenCl;
import io.github.clnorm.runtime.opencl.OpenCl;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jocl.CL;
import org.junit.jupiter.api.Test;

/** In a process of its own: where the handlers are lost, it ends with a segmentation fault. */
class JvmSignalHandlersTest {

    private static final int BUSY_THREADS = 4;
    private static final int COMPILATIONS = 24;

    @Test
    void aProcessWithBusyThreadsSurvivesManyCompilations() throws Exception {
        String out = output(List.of());
        assertEquals("survived", out.strip());
    }

    @Test
    void alsoWhereTheApplicationAskedTheDriversFirst() throws Exception {
        String out = output(List.of(), "first");
        assertEquals("survived", out.strip());
    }

    @Test
    void noCompilerLeavesAHandlerOfItsOwn() throws Exception {
        // The JVM itself looks whose handlers are there.
        String out = output(List.of("-Xcheck:jni"));
        assertFalse(out.contains("handler modified"), out);
    }

    private static String output(List<String> options, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
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

    /** Compiles new programs on every device while other threads run in loops that the garbage collector stops. */
    static final class Compiling {

        private static volatile long sum;

        private Compiling() {}

        public static void main(String[] arguments) {
            if (arguments.length > 0) {
                CL.clGetPlatformIDs(0, null, new int[1]);
            }
            for (int i = 0; i < BUSY_THREADS; i++) {
                Thread busy = new Thread(Compiling::run);
                busy.setDaemon(true);
                busy.start();
            }
            for (DeviceInfo device : Devices.of(Devices.platforms())) {
                OpenCl openCl = JoclOpenCl.open(device, false);
                for (int i = 0; i < COMPILATIONS; i++) {
                    // A comment is enough for a driver's cache not to know it.
                    String source = "// " + System.nanoTime()
                            + "\n__kernel void scale(__global float *x) { x[get_global_id(0)] *= " + i + "; }\n";
                    openCl.release(openCl.build(source, ""));
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
