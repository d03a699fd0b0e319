package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Functional;
import io.github.clnorm.Normalized;
import io.github.clnorm.Tensor;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.testing.ChildProgram;
import io.github.clnorm.testing.Values;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** PoCL's second device: never listed, switched off in three ways, and without influence on bits. Each in its own process. */
@Tag("slow")
class PoclCompanionTest {

    private static final String POCL = "Portable Computing Language";
    private static final int PROCESSES = 24;

    private static ChildProgram program() {
        return new ChildProgram(Program.class);
    }

    private static void assertUse(boolean companion, String out) {
        assertTrue(out.contains("companion " + companion), out);
        assertTrue(out.contains("clnorm-cpu " + companion), out);
    }

    private static String bits(String out) {
        return out.lines()
                .filter(line -> line.startsWith("bits "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(out));
    }

    @Test
    void oneDeviceIsListedWithAndWithoutIt() throws Exception {
        for (ChildProgram each : List.of(
                program(), program().option("-Dclnorm.companion=off"), program().with("POCL_DEVICES", "pthread"))) {
            String out = each.run("list");
            List<String> listed =
                    out.lines().filter(line -> line.startsWith("device ")).toList();
            assertEquals(1, listed.size(), out);
            // PoCL 3, and PoCL 4 and later.
            assertTrue(listed.get(0).matches("device \\d+:0 (pthread|cpu-(?!minimal)).*"), out);
        }
    }

    @Test
    void theSwitchesTurnItOffAndChangeNoBits() throws Exception {
        String on = program().run();
        assertUse(true, on);
        String unbound = program().option("-Dclnorm.binding=off").run();
        assertUse(true, unbound);
        assertEquals(bits(on), bits(unbound));
        String off = program().option("-Dclnorm.companion=off").run();
        assertUse(false, off);
        assertEquals(bits(on), bits(off));
        String ofUser = program().with("POCL_DEVICES", "pthread").run();
        assertUse(false, ofUser);
        assertEquals(bits(on), bits(ofUser));
    }

    /** A user who asks for both devices sees both. */
    @Test
    void devicesThatTheUserHasChosenAreListed() throws Exception {
        String out = program().with("POCL_DEVICES", "pthread basic").run("list");
        assertEquals(2, out.lines().filter(line -> line.startsWith("device ")).count(), out);
        assertTrue(out.contains("companion false"), out);
    }

    @Test
    void manyProcessesInARowEnd() throws Exception {
        String first = bits(program().run());
        for (int i = 1; i < PROCESSES; i++) {
            assertEquals(first, bits(program().run()));
        }
    }

    /** Prints PoCL's devices, and the bits of some passes unless it only lists. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) {
            List<DeviceInfo> devices = Devices.of(Devices.platforms()).stream()
                    .filter(device -> device.platform().equals(POCL))
                    .toList();
            devices.forEach(device -> System.out.println("device " + device.selector() + " " + device.name()));
            System.out.println("companion "
                    + devices.stream()
                            .anyMatch(device -> PoclCompanion.of(device).isPresent()));
            if (arguments.length > 0) {
                return;
            }
            int bits = 1;
            boolean hasTeam;
            try (Backend backend = Backend.open(devices.get(0))) {
                for (long[] shape : new long[][] {{2, 30, 1, 1}, {2, 64, 33, 31}, {1, 320, 64, 64}}) {
                    int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
                    try (Tensor x = backend.tensor(Values.normal(1, count, 3, 2), shape);
                            Normalized y = Functional.groupNorm(x, 2, null, null, 1e-5)) {
                        bits = 31 * bits + Arrays.hashCode(y.output().toFloats());
                    }
                }
                hasTeam = Thread.getAllStackTraces().keySet().stream()
                        .anyMatch(thread -> thread.getName().startsWith("clnorm-cpu"));
            }
            System.out.println("clnorm-cpu " + hasTeam);
            System.out.println("bits " + bits);
        }
    }
}
