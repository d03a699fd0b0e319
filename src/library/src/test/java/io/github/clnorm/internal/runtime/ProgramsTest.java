package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.Backend;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.TestInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** A second session, as a second process, starts without compiling; whatever is wrong with what it finds, it compiles. */
@Tag("device")
class ProgramsTest {

    @TempDir
    private Path folder;

    /** How often a session compiled, loaded and stored. */
    private record Calls(int build, int load, int binary) {}

    /** Runs a kernel in a session of its own, in which one call fails. */
    private Calls run(Backend backend, String failing) {
        // By another name PoCL's binaries are used, too.
        return run(TestInfo.with(backend.device(), "platform", "a platform without a cache"), failing);
    }

    private Calls run(DeviceInfo device, String failing) {
        FaultyOpenCl faulty = new FaultyOpenCl(JoclOpenCl.open(device, false));
        faulty.fail(failing, 1);
        try (Session session = new Session(faulty.port(), device, new ProgramCache(folder, 1 << 20))) {
            DeviceBuffer a = session.allocate(4);
            DeviceBuffer sum = session.allocate(4);
            session.transfers().write(a, (at, piece) -> piece.putFloat(1.5f));
            BuiltKernel add = session.kernel("smoke.cl", "add", "");
            KernelArguments arguments =
                    add.arguments().with("a", a).with("b", a).with("sum", sum);
            session.queue().enqueue(add, arguments, 1, 1);
            float[] result = new float[1];
            session.transfers().read(sum, (at, piece) -> result[0] = piece.getFloat());
            assertArrayEquals(new float[] {3}, result);
        }
        assertEquals(
                faulty.count("build") + faulty.count("load") - ("load".equals(failing) ? 1 : 0),
                faulty.count("release Program"),
                "programs made and released");
        return new Calls(faulty.count("build"), faulty.count("load"), faulty.count("binary"));
    }

    private Path file() throws IOException {
        try (var files = Files.list(folder)) {
            return files.findFirst().orElseThrow();
        }
    }

    @OnEveryDevice
    void aSecondSessionCompilesNothing(Backend backend) throws IOException {
        assertEquals(new Calls(1, 0, 1), run(backend, "nothing"));
        assertEquals(new Calls(0, 1, 0), run(backend, "nothing"));
        Files.write(file(), new byte[100]);
        assertEquals(new Calls(1, 0, 1), run(backend, "nothing"), "a damaged file");
        assertEquals(new Calls(1, 1, 1), run(backend, "load"), "a driver that refuses its own binary");
        assertEquals(new Calls(0, 1, 0), run(backend, "nothing"), "and then takes the new one");
        assertEquals(new Calls(1, 1, 1), run(backend, "createKernel"), "a binary without the kernel");
        assertEquals(new Calls(0, 1, 0), run(backend, "nothing"));
    }

    @OnEveryDevice
    void aDriverWithoutBinariesCompilesEveryTime(Backend backend) {
        assertEquals(new Calls(1, 0, 1), run(backend, "binary"));
        assertEquals(new Calls(1, 0, 1), run(backend, "nothing"));
    }

    @OnEveryDevice
    void aKernelThatIsNotThereStaysAnError(Backend backend) {
        try (Session session = new Session(
                JoclOpenCl.open(backend.device(), false), backend.device(), new ProgramCache(folder, 1 << 20))) {
            assertThrows(ClException.class, () -> session.kernel("smoke.cl", "subtract", ""));
        }
    }

    @OnEveryDevice
    void driversWithACacheOfTheirOwnAreNotAsked(Backend backend) {
        DeviceInfo pocl = TestInfo.with(backend.device(), "platform", "Portable Computing Language");
        assertEquals(new Calls(1, 0, 0), run(pocl, "nothing"));
        assertEquals(new Calls(1, 0, 0), run(pocl, "nothing"));
    }
}
