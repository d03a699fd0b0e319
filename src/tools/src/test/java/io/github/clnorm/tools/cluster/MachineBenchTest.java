package io.github.clnorm.tools.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.device.DeviceAddresses;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.tools.testing.CommandProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("device")
class MachineBenchTest {

    @TempDir
    private Path temporary;

    private final AtomicInteger measured = new AtomicInteger();
    private final Map<String, DeviceInfo> devices =
            DeviceAddresses.of(Devices.of(Devices.platforms())).devices();
    private Path folder;

    @BeforeEach
    void setUp() {
        folder = temporary.resolve("bench");
    }

    private String count(DeviceInfo device) {
        return device.selector() + " " + measured.incrementAndGet();
    }

    private MachineBench bench(String machine, String run) {
        return new MachineBench(folder, machine, run, "any", (device, stop) -> count(device), () -> false);
    }

    @Test
    void everyDeviceIsMeasuredOnceInARun() throws IOException {
        List<MeasuredDevice> first = bench("node 1", "run").run();
        assertEquals(
                List.copyOf(devices.keySet()),
                first.stream().map(MeasuredDevice::address).toList());
        for (MeasuredDevice device : first) {
            assertEquals(devices.get(device.address()).name(), device.name());
            assertTrue(device.json().startsWith(devices.get(device.address()).selector() + " "), device.json());
            assertEquals("", device.problem());
        }
        assertEquals(first, bench("node 1", "run").run());
        assertEquals(devices.size(), measured.get());
        bench("node 1", "another run").run();
        assertEquals(2 * devices.size(), measured.get());
        // A folder that several machines share does not mix them up.
        bench("node 2", "run").run();
        assertEquals(3 * devices.size(), measured.get());
    }

    @Test
    void oneProcessMeasuresAtATime() throws Exception {
        AtomicBoolean overlapped = new AtomicBoolean();
        MachineBench inner = bench("node", "inner");
        CompletableFuture<?>[] started = new CompletableFuture<?>[1];
        MachineBench outer = new MachineBench(
                folder,
                "node",
                "outer",
                "any",
                (device, stop) -> {
                    int before = measured.get();
                    started[0] = CompletableFuture.runAsync(() -> {
                        try {
                            inner.run();
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    });
                    assertThrows(TimeoutException.class, () -> started[0].get(200, TimeUnit.MILLISECONDS));
                    overlapped.compareAndSet(false, measured.get() != before);
                    return "";
                },
                () -> false);
        outer.run();
        started[0].get(1, TimeUnit.MINUTES);
        assertFalse(overlapped.get());
        assertEquals(devices.size(), measured.get());
    }

    @Test
    void waitingForAnotherProcessCanBeStopped() throws IOException {
        AtomicBoolean stop = new AtomicBoolean();
        MachineBench waiting =
                new MachineBench(folder, "node", "waiting", "any", (device, unused) -> count(device), stop::get);
        new MachineBench(
                        folder,
                        "node",
                        "outer",
                        "any",
                        (device, unused) -> {
                            stop.set(true);
                            CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
                                IOException e = assertThrows(IOException.class, waiting::run);
                                assertEquals(
                                        "stopped while another process of this machine measured its devices",
                                        e.getMessage());
                            });
                            try {
                                other.get();
                            } catch (InterruptedException | ExecutionException e) {
                                throw new IllegalStateException(e);
                            }
                            return "";
                        },
                        () -> false)
                .run();
        assertEquals(0, measured.get());
    }

    @Test
    void aStoppedMeasurementIsNotKept() {
        IOException e = assertThrows(
                IOException.class,
                () -> new MachineBench(folder, "node", "run", "any", (device, stop) -> "half", () -> true).run());
        assertTrue(e.getMessage().startsWith("stopped while "), e.getMessage());
        assertThrows(
                IOException.class,
                () -> new MachineBench(folder, "node", "run", "any", (device, stop) -> "half", () -> true).run());
    }

    private static List<String> problems(List<MeasuredDevice> devices) {
        return devices.stream().map(MeasuredDevice::problem).toList();
    }

    @Test
    void aDeviceWhoseProcessEndedIsBlamedAndNotMeasuredAgain() throws Exception {
        CommandProcess process = new CommandProcess(temporary.resolve("process"), Path.of("/etc/OpenCL/vendors"));
        assertEquals(
                CrashingMeasure.CODE,
                process.executeClass(CrashingMeasure.class.getName(), folder, "node", "run"),
                process.err);
        List<MeasuredDevice> after = bench("node", "run").run();
        MeasuredDevice guilty = after.get(0);
        DeviceInfo device = devices.get(guilty.address());
        String driver = "driver (" + device.platform() + ", driver " + device.driver() + ") may have crashed";
        assertEquals("the process ended while it was measured: its " + driver, guilty.problem());
        JsonNode document = new ObjectMapper().readTree(guilty.json());
        assertEquals(
                guilty.problem(), document.get("devices").get(0).get("problem").textValue());
        assertEquals(device.name(), document.get("devices").get(0).get("name").textValue());
        for (MeasuredDevice other : after.subList(1, after.size())) {
            boolean samePlatform = devices.get(other.address()).platformIndex() == device.platformIndex();
            assertEquals(
                    samePlatform
                            ? "not measured: the process ended while " + guilty.address() + " was measured, and their "
                                    + driver
                            : "",
                    other.problem());
        }
        // The documents of devices without figures have a new date.
        assertEquals(problems(after), problems(bench("node", "run").run()));
        assertEquals("", bench("node", "next run").run().get(0).problem());
    }

    @Test
    void aDriverThatEndsAProcessWhileDevicesAreListedIsNotAskedAgain() throws IOException {
        Path own = Files.createDirectories(folder).resolve("run").resolve("node");
        Files.createDirectories(own);
        Files.createFile(own.resolve("listing"));
        NoDeviceException e =
                assertThrows(NoDeviceException.class, () -> bench("node", "run").run());
        assertEquals(
                "a process ended while it listed the OpenCL devices: a driver may have crashed. clnorm doctor on this"
                        + " machine names it",
                e.getMessage());
        assertEquals(0, measured.get());
        assertEquals(devices.size(), bench("other", "run").run().size());
    }

    @Test
    void aMachineWithoutSuchADeviceSaysWhatThereIs() {
        NoDeviceException e = assertThrows(
                NoDeviceException.class,
                () -> new MachineBench(folder, "node", "run", "frobnicator", (device, stop) -> "", () -> false).run());
        assertTrue(e.getMessage().startsWith("no OpenCL device matches 'frobnicator'. There is: "), e.getMessage());
    }

    @Test
    void whatEarlierRunsKeptIsDeletedAfterADay() throws IOException {
        bench("node", "old").run();
        bench("node", "yesterday").run();
        Files.setLastModifiedTime(
                folder.resolve("old"), FileTime.from(Instant.now().minusSeconds(90_000)));
        bench("node", "new").run();
        assertFalse(Files.exists(folder.resolve("old")));
        assertTrue(Files.exists(folder.resolve("yesterday")));
    }

    @Test
    void theFolderOfAMachineIsThisUsersAlone() throws IOException {
        try (MachineFolder own = MachineFolder.lock(MachineFolder.ofThisMachine(), "test", () -> false)) {
            assertTrue(own.path().endsWith("clnorm-bench-" + System.getProperty("user.name")));
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(own.path())));
        }
    }
}
