package io.github.clnorm.internal.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.testing.ChildProgram;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * More kernels than PoCL keeps, each launched with grids that grow and shrink, from two ports on two threads. PoCL 3.1 ends
 * the process if it counts wrong, so this is a process of its own.
 */
@Tag("slow")
class GrowingGridsTest {

    @Test
    void poclSurvivesGridsThatGrowInTwoThreads() throws Exception {
        assertEquals("survived", new ChildProgram(Program.class).run());
    }

    static final class Program {

        // PoCL keeps 128.
        private static final int KERNELS = 140;
        private static final int[] GROUPS = {1, 70, 3, 4096, 2, 70_000, 900};
        private static final int MOST = 70_000;

        private Program() {}

        public static void main(String[] arguments) throws InterruptedException {
            StringBuilder source = new StringBuilder();
            for (int i = 0; i < KERNELS; i++) {
                source.append("kernel void add_" + i + "(global float *x, const ulong first_group) {"
                        + " if (get_group_id(0) >= first_group >> 48) { return; }"
                        + " x[(first_group & 0xffffffffffffUL) + get_group_id(0)] += " + (1 + i)
                        + "; }\n");
            }
            List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                int first = i * KERNELS / 2;
                threads.add(new Thread(() -> {
                    try {
                        launchAll(source.toString(), first);
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                }));
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            System.out.println(failures.isEmpty() ? "survived" : failures);
        }

        private static void launchAll(String source, int first) {
            try (OpenCl port = TeamPorts.open()) {
                OpenCl.Program program = port.build(source, "");
                OpenCl.Memory memory = port.createBuffer((long) MOST * Float.BYTES);
                ByteBuffer values =
                        ByteBuffer.allocateDirect(MOST * Float.BYTES).order(ByteOrder.nativeOrder());
                port.write(memory, 0, values);
                float[] expected = new float[MOST];
                OpenCl.Kernel[] kernels = new OpenCl.Kernel[KERNELS];
                for (int i = 0; i < KERNELS; i++) {
                    kernels[i] = port.createKernel(program, "add_" + i);
                    port.setFirstGroupArgument(kernels[i], 1);
                    port.setArgument(kernels[i], 0, memory);
                    port.setArgument(kernels[i], 1, 0L);
                }
                for (int round = 0; round < 3; round++) {
                    for (int i = 0; i < KERNELS; i++) {
                        int kernel = (first + i) % KERNELS;
                        for (int groups : GROUPS) {
                            port.enqueue(kernels[kernel], groups, 1, false);
                            for (int k = 0; k < groups; k++) {
                                expected[k] += 1 + kernel;
                            }
                        }
                    }
                    port.read(memory, 0, values);
                    for (int k = 0; k < MOST; k++) {
                        assertEquals(expected[k], values.getFloat(k * Float.BYTES), "element " + k);
                    }
                }
                for (OpenCl.Kernel kernel : kernels) {
                    port.release(kernel);
                }
                port.release(program);
                port.release(memory);
            }
        }
    }
}
