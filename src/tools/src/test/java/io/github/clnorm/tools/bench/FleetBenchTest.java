package io.github.clnorm.tools.bench;

import static io.github.clnorm.tools.testing.PrintedJson.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Devices;
import io.github.clnorm.internal.timing.FakeClock;
import io.github.clnorm.tools.terminal.CommandClock;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.CommandLineFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code clnorm bench --fleet}. */
@Tag("slow")
class FleetBenchTest extends CommandLineFixture {

    @BeforeEach
    void countReadings() {
        CommandClock.use(new FakeClock(1_000));
    }

    @AfterEach
    void useTheUsualClock() {
        CommandClock.use(System::nanoTime);
    }

    @Test
    @Tag("device")
    void allDevicesTogetherNextToEachAlone() throws IOException {
        Path file = folder.resolve("results.json");
        int code = execute(
                "bench",
                "--suite",
                "awkward",
                "--direction",
                "forward",
                "--budget",
                "0.004ms",
                "--device",
                "all",
                "--fleet",
                "--json",
                file);
        assertEquals(ExitCode.DONE, code, out + err);
        List<DeviceInfo> devices = Devices.of(Devices.platforms());
        assertTrue(out.contains("fleet of " + devices.size()), out);
        JsonNode fleet = json(Files.readString(file)).get("fleet");
        assertEquals(devices.size(), fleet.get("devices").size());
        assertTrue(fleet.get("rows").size() > 0);
        for (JsonNode row : fleet.get("rows")) {
            assertEquals("ok", row.get("status").asText(), row.toString());
            assertTrue(out.contains(row.get("workload").asText()));
            double sum = 0;
            for (int i = 0; i < devices.size(); i++) {
                double weight = row.get("weights").get(i).asDouble();
                sum += weight;
                assertEquals(weight == 0, !row.get("left_out").get(i).asText().isEmpty(), row.toString());
                assertTrue(row.get("alone_us").get(i).asDouble() > 0);
            }
            assertEquals(1, sum, 1e-9);
            assertTrue(row.get("fleet_us").asDouble() > 0);
        }
    }
}
