package io.github.clnorm.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.runtime.opencl.JoclOpenCl;
import io.github.clnorm.runtime.opencl.OpenCl;

/** The least that a device must do: build a kernel, and add two vectors with it. Thread-safe. */
public final class SmokeTest {

    private static final int LENGTH = 1000;

    private SmokeTest() {}

    /**
     * Adds two vectors on a device.
     *
     * @param device where
     * @throws io.github.clnorm.runtime.opencl.ClException when a call fails
     * @throws IllegalStateException when the sum is wrong
     */
    public static void run(DeviceInfo device) {
        try (Session session = new Session(JoclOpenCl.open(device, false), device)) {
            float[] a = new float[LENGTH];
            float[] b = new float[LENGTH];
            for (int i = 0; i < LENGTH; i++) {
                a[i] = i;
                b[i] = 0.5f * i;
            }
            DeviceBuffer first = session.allocate(LENGTH * Float.BYTES);
            DeviceBuffer second = session.allocate(LENGTH * Float.BYTES);
            DeviceBuffer sum = session.allocate(LENGTH * Float.BYTES);
            session.write(first, (at, piece) -> piece.asFloatBuffer().put(a));
            session.write(second, (at, piece) -> piece.asFloatBuffer().put(b));
            OpenCl.Kernel add = session.kernel("smoke.cl", "add", "");
            session.enqueue(add, new KernelArguments().add(first).add(second).add(sum), LENGTH, 1);
            float[] result = new float[LENGTH];
            session.read(sum, (at, piece) -> piece.asFloatBuffer().get(result));
            for (int i = 0; i < LENGTH; i++) {
                if (result[i] != 1.5f * i) {
                    throw new IllegalStateException("adding two vectors gave " + result[i] + " at index " + i
                            + ", expected " + 1.5f * i);
                }
            }
        }
    }
}
