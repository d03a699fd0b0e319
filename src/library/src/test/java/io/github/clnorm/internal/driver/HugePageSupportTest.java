package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Finding;
import io.github.clnorm.testing.TestInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel's files and the system property say. */
class HugePageSupportTest {

    private static final String LINUX = "Linux amd64";
    private static final DeviceInfo POCL = TestInfo.with(
            TestInfo.with(TestInfo.CPU, "platform", "Portable Computing Language"), "unifiedMemory", true);

    @TempDir
    Path kernel;

    @BeforeEach
    void pagesOfTwoMegabytes() throws IOException {
        bytes("2097152");
        enabled("always [madvise] never");
    }

    private void enabled(String content) throws IOException {
        Files.writeString(kernel.resolve("enabled"), content + "\n");
    }

    private void bytes(String content) throws IOException {
        Files.writeString(kernel.resolve("hpage_pmd_size"), content + "\n");
    }

    private HugePageSupport on(String system) {
        return new HugePageSupport(null, system, kernel);
    }

    private Optional<Finding> finding(HugePageSupport pages) {
        return pages.finding(List.of(TestInfo.GPU, POCL));
    }

    @Test
    void areUsedWhereTheKernelGivesThem() throws IOException {
        for (String content : List.of("always [madvise] never", "[always] madvise never")) {
            enabled(content);
            assertEquals(2 << 20, on(LINUX).pages().orElseThrow().pageBytes());
            assertEquals(Finding.State.OK, finding(on(LINUX)).orElseThrow().state());
        }
        assertTrue(finding(on(LINUX)).orElseThrow().detail().contains("2048 KB"));
    }

    @Test
    void theDoctorNamesTheCommandWhereTheKernelGivesNone() throws IOException {
        enabled("always madvise [never]");
        assertTrue(on(LINUX).pages().isEmpty());
        Finding finding = finding(on(LINUX)).orElseThrow();
        assertEquals(Finding.State.UNUSED, finding.state());
        assertFalse(finding.isProblem());
        assertTrue(
                finding.remedy().endsWith("sh -c 'echo madvise > " + kernel.resolve("enabled") + "'"),
                finding.remedy());
    }

    @Test
    void thePropertySwitchesThemOff() {
        HugePageSupport off = new HugePageSupport("off", LINUX, kernel);
        assertTrue(off.pages().isEmpty());
        assertTrue(finding(off).orElseThrow().detail().contains("-Dclnorm.hugePages=off"));
        assertTrue(new HugePageSupport("on", LINUX, kernel).pages().isPresent());
    }

    @Test
    void otherSystemsHaveNone() throws IOException {
        for (String system : List.of("Mac OS X aarch64", "Windows 11 amd64", "Linux arm", "Linux ppc64le")) {
            assertTrue(on(system).pages().isEmpty(), system);
            assertTrue(finding(on(system)).isEmpty(), system);
        }
    }

    @Test
    void pagesOfOtherSizesAreNotUsed() throws IOException {
        // 512 MB on aarch64 with base pages of 64 KB.
        for (String size : List.of("536870912", "0", "3000000", "-2097152", "", "none", "99999999999999999999")) {
            bytes(size);
            assertTrue(on(LINUX).pages().isEmpty(), size);
            assertTrue(finding(on(LINUX)).isEmpty(), size);
        }
        Files.delete(kernel.resolve("hpage_pmd_size"));
        assertTrue(on(LINUX).pages().isEmpty());
    }

    @Test
    void aKernelWithoutTheFilesHasNone() {
        HugePageSupport pages = new HugePageSupport(null, LINUX, kernel.resolve("none"));
        assertTrue(pages.pages().isEmpty());
        assertTrue(finding(pages).isEmpty());
    }

    @Test
    void onlyDevicesThatWorkInPagesOfTheHostUseThem() {
        assertTrue(on(LINUX).finding(List.of()).isEmpty());
        assertTrue(on(LINUX).finding(List.of(TestInfo.GPU, TestInfo.CPU)).isEmpty());
        assertFalse(Quirks.takesHostPages(TestInfo.CPU), "a driver whose buffers' references are not known");
        assertFalse(Quirks.takesHostPages(TestInfo.with(POCL, "unifiedMemory", false)), "PoCL's remote devices");
        assertTrue(Quirks.takesHostPages(POCL));
    }
}
