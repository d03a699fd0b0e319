package io.github.clnorm.internal.runtime;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.internal.driver.ChildJvm;
import io.github.clnorm.internal.driver.PoclCompanion;
import io.github.clnorm.internal.opencl.DevicePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A minimal check of a device: builds a kernel and adds two vectors with it. Thread-safe. */
public final class SmokeTest {

    /** What {@link #main} reports when the sum is right. */
    public static final String PASSED = "ok";
    /** What it reports when the sum is right, and PoCL's second device has run the kernel. */
    public static final String PASSED_ON_COMPANION = "ok on the companion";

    private static final int LENGTH = 1000;

    private SmokeTest() {}

    /**
     * Adds two vectors in a separate process, since a driver may crash. Writes {@link #PASSED}, {@link #PASSED_ON_COMPANION} or
     * the failure to a file.
     *
     * @param arguments the file, and the device's selector
     * @throws IOException when the file cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        ChildJvm.endInTime();
        PoclCompanion.tryInChild();
        Path report = Path.of(arguments[0]);
        try {
            DeviceInfo device = DeviceSelector.parse(arguments[1]).select();
            run(device);
            Files.writeString(report, PoclCompanion.of(device).isPresent() ? PASSED_ON_COMPANION : PASSED);
        } catch (RuntimeException e) {
            Files.writeString(report, String.valueOf(e.getMessage()));
            System.exit(1);
        }
        System.exit(0);
    }

    /**
     * Adds two vectors on a device.
     *
     * @param device the device
     * @throws io.github.clnorm.device.ClException when a call fails
     * @throws IllegalStateException when the sum is wrong
     */
    public static void run(DeviceInfo device) {
        try (Session session = new Session(DevicePort.open(device, false), device)) {
            float[] a = new float[LENGTH];
            float[] b = new float[LENGTH];
            for (int i = 0; i < LENGTH; i++) {
                a[i] = i;
                b[i] = 0.5f * i;
            }
            DeviceBuffer first = session.allocate(LENGTH * Float.BYTES);
            DeviceBuffer second = session.allocate(LENGTH * Float.BYTES);
            DeviceBuffer sum = session.allocate(LENGTH * Float.BYTES);
            session.transfers()
                    .write(first, (at, piece) -> piece.asFloatBuffer().put(a));
            session.transfers()
                    .write(second, (at, piece) -> piece.asFloatBuffer().put(b));
            BuiltKernel add = session.kernel("smoke.cl", "add", "");
            session.queue()
                    .enqueue(
                            add,
                            add.arguments().with("a", first).with("b", second).with("sum", sum),
                            LENGTH,
                            1);
            float[] result = new float[LENGTH];
            session.transfers().read(sum, (at, piece) -> piece.asFloatBuffer().get(result));
            for (int i = 0; i < LENGTH; i++) {
                if (result[i] != 1.5f * i) {
                    throw new IllegalStateException(
                            "adding two vectors gave " + result[i] + " at index " + i + ", expected " + 1.5f * i);
                }
            }
        }
    }
}
