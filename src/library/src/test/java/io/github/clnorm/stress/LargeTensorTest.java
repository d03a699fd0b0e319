package io.github.clnorm.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.stream.Affine;
import io.github.clnorm.internal.stream.ForwardTensors;
import io.github.clnorm.internal.stream.SetStatistics;
import io.github.clnorm.internal.stream.StreamDevices;
import io.github.clnorm.internal.stream.StreamedForward;
import io.github.clnorm.internal.stream.TensorSource;
import io.github.clnorm.testing.ChildProgram;
import io.github.clnorm.testing.Soak;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A tensor larger than its device and than the memory of its process. The long form has 6 GB, on a PoCL device that is limited
 * to 1 GB, in a process that stays below 1 GB.
 */
@Tag("stress")
@Tag("device")
class LargeTensorTest {

    private static final int CHANNELS = 4;
    // The device's largest buffer is a quarter of its memory, 256 MB.
    private static final int SHORT = 20_000_000;
    private static final int LONG = 375_000_000;
    private static final long MOST_MEGABYTES = 1000;

    @Test
    void aTensorLargerThanDeviceAndProcessHasTheSameBits() throws IOException, InterruptedException {
        int positions = Soak.steps(SHORT, LONG);
        String[] limited = new ChildProgram(LargeTensorTest.class)
                .with("POCL_MEMORY_LIMIT", "1")
                .run(Integer.toString(positions), "2000000")
                .split(" ");
        // The short form goes through the device at once.
        String most = Soak.isLong() ? "3000000" : Long.toString((long) SHORT * CHANNELS);
        String[] expected = new ChildProgram(LargeTensorTest.class)
                .run(Integer.toString(positions), most)
                .split(" ");
        assertEquals(expected[0], limited[0], "checksum of the results");
        long bytes = (long) positions * CHANNELS * Float.BYTES;
        if (limited.length > 2) {
            assertTrue(
                    bytes > Long.parseLong(limited[1]), "a tensor of " + bytes + " bytes fits a buffer of the device");
            assertTrue(Long.parseLong(limited[2]) < MOST_MEGABYTES, limited[2] + " MB of memory");
        }
    }

    /**
     * Prints the checksum of the results, the device's largest buffer, and on Linux the largest memory of the process in MB.
     *
     * @param arguments positions, and elements of a section
     */
    public static void main(String... arguments) throws IOException {
        long positions = Long.parseLong(arguments[0]);
        Geometry whole = new Geometry(1, 1, 1, CHANNELS * positions, positions);
        ForwardProblem problem = ForwardProblem.of(whole, Statistics.MEAN_AND_VARIANCE, ElementType.FLOAT32);
        TensorSource source = LargeTensorTest::fill;
        CRC32C checksum = new CRC32C();
        try (Backend backend = Backend.open("cpu")) {
            new StreamedForward(
                            StreamDevices.of(backend.session()),
                            problem,
                            new Affine(null, null),
                            1e-5,
                            Long.parseLong(arguments[1]))
                    .run(
                            new ForwardTensors(source, null, (element, from) -> checksum.update(from), null),
                            SetStatistics.of(ElementType.FLOAT32, 1));
            DeviceInfo device = backend.device();
            System.out.println(checksum.getValue() + " " + device.maxBuffer() + peak());
        }
    }

    /** Numbers from 2 to 4 that depend on their index. */
    private static void fill(long element, ByteBuffer into) {
        long index = element;
        while (into.hasRemaining()) {
            long bits = index++ * 0x9E3779B97F4A7C15L;
            into.putInt(0x40000000 | (int) (bits >>> 41));
        }
    }

    private static String peak() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return "";
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .map(line -> " " + Long.parseLong(line.replaceAll("\\D", "")) / 1000)
                .findFirst()
                .orElse("");
    }
}
