package io.github.clnorm.internal.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** How this machine gets an OpenCL device. Thread-safe. */
public final class InstallAdvice {
    private InstallAdvice() {}

    /**
     * One sentence with the command that installs OpenCL for the processor here; a GPU's own driver brings its own.
     *
     * @return such as {@code To run on the processor: sudo apt-get install ...}
     */
    public static String forThisMachine() {
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

    /** A command that changes the system's files. */
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
