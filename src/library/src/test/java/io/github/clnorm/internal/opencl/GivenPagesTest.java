package io.github.clnorm.internal.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.HostPages;
import io.github.clnorm.internal.driver.HugePageSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernel gives huge pages for the buffers of a real port, or the driver allocates them. */
@Tag("device")
class GivenPagesTest {

    private static final long BYTES = 32 << 20;

    /** The lines that the kernel tells about the mapping with an address. */
    private static List<String> mapping(long address) throws IOException {
        List<String> lines = new ArrayList<>();
        boolean isIn = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                String[] ends = line.substring(0, line.indexOf(' ')).split("-");
                isIn = Long.compareUnsigned(Long.parseUnsignedLong(ends[0], 16), address) <= 0
                        && Long.compareUnsigned(address, Long.parseUnsignedLong(ends[1], 16)) < 0;
            }
            if (isIn) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static long kilobytes(List<String> mapping, String name) {
        String line = mapping.stream()
                .filter(each -> each.startsWith(name + ":"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
    }

    /** Whether this process may have huge pages where the kernel gives them: prctl can forbid it. */
    private static boolean isAllowed() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .noneMatch(line -> line.matches("THP_enabled:\\s*0"));
    }

    private static void assertHuge(long address) throws IOException {
        List<String> mapping = mapping(address);
        assertTrue(
                mapping.stream().anyMatch(line -> line.startsWith("VmFlags:") && line.contains(" hg")),
                "advised: " + mapping);
        if (isAllowed()) {
            assertTrue(kilobytes(mapping, "AnonHugePages") > 0, "given: " + mapping);
        }
    }

    @ParameterizedTest
    @MethodSource("io.github.clnorm.internal.opencl.PagedBuffersTest#devices")
    void buffersAreInHugePages(DeviceInfo device) throws IOException {
        Optional<HostPages> pages = HugePageSupport.ofThisMachine().pages();
        try (JoclOpenCl port = JoclOpenCl.open(device, false)) {
            OpenCl.Memory memory = port.createBuffer(BYTES);
            long address = port.describe(memory).hostAddress();
            assertEquals(pages.isPresent(), address != 0);
            port.fill(memory, new byte[] {1}, BYTES);
            port.finish();
            if (pages.isPresent()) {
                assertHuge(address);
            }
            port.release(memory);
        }
    }

    @Test
    void mappingsBeginAtAHugePage() {
        HostPages pages = HugePageSupport.ofThisMachine().pages().orElse(null);
        assertEquals(pages != null, PagedBuffers.ofProcess().isPresent());
        if (pages == null) {
            // The kernel gives none, or they are switched off.
            return;
        }
        long page = pages.pageBytes();
        for (int size = 1; size < 4; size++) {
            long address = pages.map(size * page);
            assertNotEquals(0, address);
            assertEquals(0, address % page);
            pages.at(address).put(0, (byte) 7);
            pages.at(address + size * page - 1).put(0, (byte) 8);
            pages.discard(address, size * page);
            assertEquals(0, pages.at(address).get(0));
            pages.unmap(address, size * page);
        }
    }
}
