package io.github.clnorm.internal.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Advice on installing OpenCL. Thread-safe. */
final class InstallAdvice {
    private InstallAdvice() {}

    /**
     * Returns a sentence with the command that installs OpenCL for the CPU. A GPU's driver includes OpenCL.
     *
     * @return for example {@code To run on the processor: sudo apt-get install ...}
     */
    static String forThisMachine() {
        return of(System.getProperty("os.name", ""), osRelease());
    }

    static String of(String osName, String osRelease) {
        String os = osName.toLowerCase(Locale.ROOT);
        if (os.contains("mac")) {
            return "macOS has OpenCL built in: if it is missing, update macOS.";
        }
        if (os.contains("win")) {
            return "On Windows the GPU's driver brings OpenCL: install it from the GPU's vendor.";
        }
        return "For a GPU install its vendor's driver with OpenCL; to run on the processor: " + command(osRelease);
    }

    private static String command(String osRelease) {
        String release = osRelease.toLowerCase(Locale.ROOT);
        if (release.contains("fedora") || release.contains("rhel")) {
            return "sudo dnf install ocl-icd pocl";
        }
        if (release.contains("arch")) {
            return "sudo pacman -S ocl-icd pocl";
        }
        return "sudo apt-get install ocl-icd-libopencl1 pocl-opencl-icd";
    }

    /** Prepends sudo if this user is not root. */
    static String asRoot(String command) {
        return "root".equals(System.getProperty("user.name")) ? command : "sudo " + command;
    }

    /** The lines of /etc/os-release that name the distribution. */
    private static String osRelease() {
        try (var lines = Files.lines(Path.of("/etc/os-release"))) {
            return lines.filter(line -> line.startsWith("ID=") || line.startsWith("ID_LIKE="))
                    .reduce("", (a, b) -> a + " " + b);
        } catch (IOException | java.io.UncheckedIOException e) {
            return "";
        }
    }
}
