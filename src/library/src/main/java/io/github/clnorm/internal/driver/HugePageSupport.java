package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.Finding;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whether the buffers of CPU devices can be in huge pages. The processor then needs one entry of its page tables for 2 MB
 * instead of 512, and the first write to memory stops 512 times less often. The system property {@code
 * clnorm.hugePages=off} switches them off.
 *
 * <p>Immutable and thread-safe.
 */
public final class HugePageSupport {

    private static final String PROPERTY = "clnorm.hugePages";
    private static final Path KERNEL = Path.of("/sys/kernel/mm/transparent_hugepage");
    private static final String ENABLED = "enabled";
    private static final String BYTES = "hpage_pmd_size";
    // Kernels with base pages of 64 KB have huge pages of 512 MB, of which a small tensor would take a whole one.
    private static final long MOST_BYTES = 4 << 20;

    private static final String SUBJECT = "huge pages";

    private final boolean isOff;
    private final boolean isSupported;
    private final Path kernel;

    /**
     * What a system has.
     *
     * @param setting of the system property; null if it is not set
     * @param system the name and the architecture of the system, as Java tells them
     * @param kernel the folder in which the kernel tells about huge pages
     */
    HugePageSupport(String setting, String system, Path kernel) {
        this.isOff = "off".equals(setting);
        this.isSupported = List.of("Linux amd64", "Linux aarch64").contains(system);
        this.kernel = kernel;
    }

    /**
     * Returns what this system has.
     *
     * @return the answer, which reads the kernel's files on each call
     */
    public static HugePageSupport ofThisMachine() {
        return new HugePageSupport(
                System.getProperty(PROPERTY),
                System.getProperty("os.name", "") + " " + System.getProperty("os.arch", ""),
                KERNEL);
    }

    /**
     * Returns the huge pages of this process. Starts JNA.
     *
     * @return the pages; empty if they are switched off, or the system has none
     */
    public Optional<HostPages> pages() {
        long bytes = bytes();
        if (isOff || bytes == 0 || !isGiven()) {
            return Optional.empty();
        }
        Optional<String> problem = JnaStart.problem();
        if (problem.isPresent()) {
            System.getLogger(HugePageSupport.class.getName()).log(Level.DEBUG, "no huge pages: {0}", problem.get());
            return Optional.empty();
        }
        return Optional.of(new LinuxPages(bytes));
    }

    /**
     * Returns what {@code clnorm doctor} says.
     *
     * @param devices of this machine
     * @return the finding; empty if no device would use them, or the system has none
     */
    public Optional<Finding> finding(List<DeviceInfo> devices) {
        long bytes = bytes();
        if (bytes == 0 || devices.stream().noneMatch(Quirks::takesHostPages)) {
            return Optional.empty();
        }
        if (isOff) {
            return Optional.of(unused("-D" + PROPERTY + "=off switches them off", ""));
        }
        if (!isGiven()) {
            return Optional.of(unused(
                    "the kernel gives none: " + kernel.resolve(ENABLED) + " says " + read(ENABLED),
                    "CPU devices are faster with them: "
                            + InstallAdvice.asRoot("sh -c 'echo madvise > " + kernel.resolve(ENABLED) + "'")));
        }
        return Optional.of(JnaStart.problem()
                .map(problem -> unused(problem, ""))
                .orElseGet(
                        () -> Finding.ok(SUBJECT, "buffers of CPU devices are in pages of " + (bytes >> 10) + " KB")));
    }

    private static Finding unused(String detail, String remedy) {
        return new Finding(Finding.State.UNUSED, SUBJECT, detail, remedy);
    }

    /** Whether the kernel gives huge pages to programs that ask for them. */
    private boolean isGiven() {
        String enabled = read(ENABLED);
        return enabled.contains("[madvise]") || enabled.contains("[always]");
    }

    /** The size of a huge page; 0 if the system has none that are of use. */
    private long bytes() {
        String text = isSupported ? read(BYTES) : "";
        if (!text.matches("[0-9]{1,18}")) {
            return 0;
        }
        long bytes = Long.parseLong(text);
        return Long.bitCount(bytes) == 1 && bytes <= MOST_BYTES ? bytes : 0;
    }

    private String read(String file) {
        try {
            return Files.readString(kernel.resolve(file)).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
