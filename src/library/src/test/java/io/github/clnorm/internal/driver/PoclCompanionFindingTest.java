package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Finding;
import io.github.clnorm.device.PlatformInfo;
import io.github.clnorm.testing.TestInfo;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code doctor} says about PoCL's second device, whose names differ between PoCL's versions. */
class PoclCompanionFindingTest {

    private static final String POCL = "Portable Computing Language";

    private static DeviceInfo cpu(String name) {
        return TestInfo.with(TestInfo.with(TestInfo.CPU, "platform", POCL), "name", name);
    }

    private static Optional<Finding> finding(boolean inUse, DeviceInfo... devices) {
        return PoclCompanion.finding(
                List.of(new PlatformInfo(0, POCL, "The pocl project", "OpenCL 3.0 PoCL", List.of(devices), null)),
                inUse);
    }

    private static void assertUnused(Optional<Finding> finding, String reason) {
        assertEquals(Finding.State.UNUSED, finding.orElseThrow().state());
        assertTrue(finding.orElseThrow().detail().endsWith(reason), finding.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"pthread-skylake", "cpu-skylake", "cpu-haswell"})
    void itIsUsedIfATestHasRunOnIt(String name) {
        assertTrue(!finding(true, cpu(name)).orElseThrow().isProblem());
        assertUnused(finding(false, cpu(name)), "this PoCL shows none, or does not run it");
    }

    @Test
    void aSingleComputeUnitIsTheReason() {
        assertUnused(
                finding(false, TestInfo.with(cpu("cpu-znver4"), "computeUnits", 1)),
                "the device has a single compute unit");
    }

    @ParameterizedTest
    @ValueSource(strings = {"basic-skylake", "cpu-minimal-skylake"})
    void nothingIsSaidWithoutADeviceThatCouldHaveIt(String name) {
        assertTrue(finding(false, cpu(name)).isEmpty());
        assertTrue(finding(false).isEmpty());
        assertTrue(PoclCompanion.finding(List.of(), false).isEmpty());
    }
}
