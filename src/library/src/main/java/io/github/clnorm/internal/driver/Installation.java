package io.github.clnorm.internal.driver;

import io.github.clnorm.device.OpenClLoadException;
import io.github.clnorm.device.OpenClLoadException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The OpenCL files of a system with ICD files: the loader {@code libOpenCL.so.1} and an {@code .icd} file for each
 * driver, which names the driver's library.
 *
 * <p>Immutable and thread-safe.
 */
final class Installation {

    private static final String LOADER = "libOpenCL.so.1";
    private static final int MAX_ICD_BYTES = 4096;
    // NVIDIA, AMD, Intel's GPUs, Intel's CPUs.
    private static final List<String> DRIVERS =
            List.of("libnvidia-opencl.so.1", "libamdocl64.so", "libigdrcl.so", "libintelocl.so");

    private final Map<String, String> environment;
    private final Path root;

    private Installation(Map<String, String> environment, Path root) {
        this.environment = environment;
        this.root = root;
    }

    /**
     * Returns the installation of this machine.
     *
     * @return the installation
     */
    static Installation ofThisMachine() {
        return new Installation(System.getenv(), Path.of("/"));
    }

    /** For tests: an installation under another root folder. */
    static Installation under(Path root, Map<String, String> environment) {
        return new Installation(environment, root);
    }

    /**
     * Returns whether this system finds drivers through ICD files.
     *
     * @return false on macOS and Windows
     */
    static boolean hasIcdFiles() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        return !os.contains("mac") && !os.contains("win");
    }

    /**
     * Returns the path of the loader.
     *
     * @return the path; empty if the loader is in none of the linker's folders
     */
    Optional<Path> loader() {
        return library(LOADER);
    }

    /**
     * Loads the loader into this process. JOCL's native library would print to standard output if it were missing.
     *
     * @throws OpenClLoadException if it is missing or cannot be loaded, with the linker's reason
     */
    void load() {
        Optional<Path> loader = loader();
        if (loader.isEmpty()) {
            throw new OpenClLoadException(
                    Kind.LOADER_MISSING,
                    "the OpenCL loader " + LOADER + " is not on this machine",
                    InstallAdvice.forThisMachine(),
                    null);
        }
        try {
            System.load(loader.get().toAbsolutePath().toString());
        } catch (UnsatisfiedLinkError e) {
            // The JVM loads a file for only one class loader. For the dynamic linker that is enough.
            if (!String.valueOf(e.getMessage()).contains("already loaded in another classloader")) {
                throw new OpenClLoadException(
                        Kind.LOADER_UNUSABLE,
                        "the OpenCL loader could not be loaded: " + e.getMessage(),
                        InstallAdvice.forThisMachine(),
                        e);
            }
        }
    }

    /**
     * Loads a driver's library into this process and returns the linker's error.
     *
     * @param icd the ICD file that names the library
     * @return the linker's reason on one line; empty if the library loads
     */
    Optional<String> linkError(IcdFile icd) {
        Optional<Path> library = libraryOf(icd);
        if (library.isEmpty()) {
            return Optional.of(icd.library() + " is not on this machine");
        }
        return SharedLibrary.error(library.get());
    }

    /** The library that an ICD file names; empty if it is in none of the linker's folders. */
    Optional<Path> libraryOf(IcdFile icd) {
        return icd.library().isEmpty() ? Optional.empty() : library(icd.library());
    }

    /** Finds a library in the dynamic linker's cache, where paths are plain strings. */
    private Optional<Path> inLinkerCache(String name) {
        try {
            byte[] cache = Files.readAllBytes(root.resolve("etc/ld.so.cache"));
            String text = new String(cache, StandardCharsets.ISO_8859_1);
            return Arrays.stream(text.split("\0"))
                    .filter(entry -> entry.startsWith("/") && entry.endsWith("/" + name))
                    .map(Path::of)
                    .filter(Files::exists)
                    .findFirst();
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns where the loader looks for ICD files.
     *
     * @return the folder (or file) in {@code $OCL_ICD_VENDORS} or {@code $OPENCL_VENDOR_PATH}; the default is
     *     {@code /etc/OpenCL/vendors}
     */
    Path vendors() {
        return redirection().map(variable -> Path.of(environment.get(variable))).orElse(usualVendors());
    }

    private Path usualVendors() {
        return root.resolve("etc/OpenCL/vendors");
    }

    /** Whether there are ICD files in the default folder. */
    boolean hasUsualIcdFiles() {
        try (Stream<Path> files = Files.isDirectory(usualVendors()) ? Files.list(usualVendors()) : Stream.empty()) {
            return files.anyMatch(file -> file.toString().endsWith(".icd"));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    /**
     * Returns the environment variable that redirects the loader to another folder.
     *
     * @return its name; empty if none is set
     */
    Optional<String> redirection() {
        return Stream.of("OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH")
                .filter(variable -> !environment.getOrDefault(variable, "").isEmpty())
                .findFirst();
    }

    /**
     * Returns the ICD files that the loader reads.
     *
     * @return the ICD files, sorted by name; empty if there is none
     */
    List<IcdFile> icdFiles() {
        Path vendors = vendors();
        if (redirection().isPresent() && !vendors.toString().endsWith(".icd") && !Files.isDirectory(vendors)) {
            // The variable may also name a driver's library directly.
            return Files.isRegularFile(vendors) ? List.of(new IcdFile(vendors, vendors.toString(), null)) : List.of();
        }
        if (Files.isRegularFile(vendors)) {
            return List.of(icdFile(vendors));
        }
        if (!Files.isDirectory(vendors)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(vendors)) {
            return files.filter(file -> file.toString().endsWith(".icd"))
                    .sorted()
                    .map(this::icdFile)
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of(new IcdFile(vendors, "", "the folder cannot be read"));
        }
    }

    /**
     * Returns the drivers of GPUs' vendors that the loader does not find, because no ICD file names them.
     *
     * @return their libraries; usually none
     */
    List<Path> driversWithoutIcdFile() {
        List<String> named = icdFiles().stream().map(IcdFile::library).toList();
        return DRIVERS.stream()
                .filter(driver -> named.stream().noneMatch(library -> library.contains(driver)))
                .flatMap(driver -> library(driver).stream())
                .toList();
    }

    private IcdFile icdFile(Path file) {
        String library;
        try (InputStream in = regular(file)) {
            String text = new String(in.readNBytes(MAX_ICD_BYTES), StandardCharsets.UTF_8);
            library = text.lines()
                    .map(DriverText::printable)
                    .filter(line -> !line.isEmpty())
                    .findFirst()
                    .orElse("");
        } catch (IOException | UncheckedIOException e) {
            return new IcdFile(file, "", Files.isDirectory(file) ? "is a folder, expected a file" : "cannot be read");
        }
        if (library.isEmpty()) {
            return new IcdFile(file, "", "is empty, expected the name of a library");
        }
        return new IcdFile(file, library, library(library).isPresent() ? null : library + " is not on this machine");
    }

    /** Opens a regular file. Pipes and devices may have no end. */
    private static InputStream regular(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("no regular file");
        }
        return Files.newInputStream(file);
    }

    /** Finds a shared library by its path, or by its name in the dynamic linker's folders. */
    private Optional<Path> library(String name) {
        if (name.contains("/")) {
            try {
                return Optional.of(Path.of(name)).filter(Files::exists);
            } catch (InvalidPathException e) {
                return Optional.empty();
            }
        }
        return folders().stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::exists)
                .findFirst()
                .or(() -> inLinkerCache(name));
    }

    private List<Path> folders() {
        List<Path> folders = new ArrayList<>();
        for (String folder : environment.getOrDefault("LD_LIBRARY_PATH", "").split(":")) {
            if (!folder.isEmpty()) {
                folders.add(Path.of(folder));
            }
        }
        for (String folder : List.of("lib", "usr/lib", "lib64", "usr/lib64", "usr/local/lib")) {
            folders.add(root.resolve(folder));
        }
        try (Stream<Path> below = Files.list(root.resolve("usr/lib"))) {
            below.filter(folder -> folder.getFileName().toString().contains("-linux-"))
                    .forEach(folders::add);
        } catch (IOException | UncheckedIOException e) {
            // The folder does not exist.
            return folders;
        }
        Path configured = root.resolve("etc/ld.so.conf.d");
        try (Stream<Path> files = Files.isDirectory(configured) ? Files.list(configured) : Stream.empty()) {
            for (Path file : files.toList()) {
                Files.readAllLines(file).stream()
                        .map(String::strip)
                        .filter(line -> line.startsWith("/"))
                        .forEach(line -> folders.add(Path.of(line)));
            }
        } catch (IOException | UncheckedIOException e) {
            // The linker's settings are unreadable: only the default folders are searched.
            return folders;
        }
        return folders;
    }
}
