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
 * The files that an OpenCL device hangs on, on a system with ICD files: the loader {@code libOpenCL.so.1} and one
 * {@code .icd} file a driver, which names the driver's library.
 *
 * <p>Immutable and thread-safe.
 */
public final class Installation {

    private static final String LOADER = "libOpenCL.so.1";
    private static final int LONGEST_ICD_FILE = 4096;

    private final Map<String, String> environment;
    private final Path root;

    /**
     * A driver's ICD file.
     *
     * @param file the file
     * @param library the library that it names
     * @param problem why the driver cannot be loaded through it, or null
     */
    public record IcdFile(Path file, String library, String problem) {}

    private Installation(Map<String, String> environment, Path root) {
        this.environment = environment;
        this.root = root;
    }

    /**
     * This machine's.
     *
     * @return the installation
     */
    public static Installation ofThisMachine() {
        return new Installation(System.getenv(), Path.of("/"));
    }

    /** One under another root folder: for tests. */
    static Installation under(Path root, Map<String, String> environment) {
        return new Installation(environment, root);
    }

    /**
     * Whether this system finds drivers through ICD files.
     *
     * @return true but on macOS and Windows
     */
    public static boolean hasIcdFiles() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        return !os.contains("mac") && !os.contains("win");
    }

    /**
     * The loader.
     *
     * @return its path, or empty when it is in none of the usual folders
     */
    public Optional<Path> loader() {
        return library(LOADER);
    }

    /**
     * Loads the loader into this process: JOCL's native part would report a missing one on standard output.
     *
     * @throws OpenClLoadException when it is missing or cannot be loaded, with the linker's reason
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
            // The JVM loads a file for one class loader only. For the dynamic linker, one is enough.
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
     * Why the dynamic linker cannot load a driver's library.
     *
     * @param icd names the library; it is loaded into this process where that is possible
     * @return the linker's reason on one line; empty where the library loads
     */
    Optional<String> linkError(IcdFile icd) {
        Optional<Path> library = libraryOf(icd);
        if (library.isEmpty()) {
            return Optional.of(icd.library() + " is not on this machine");
        }
        return SharedLibrary.error(library.get());
    }

    /** The file that an ICD file names; empty when it is in none of the usual folders. */
    Optional<Path> libraryOf(IcdFile icd) {
        return icd.library().isEmpty() ? Optional.empty() : library(icd.library());
    }

    /** Where the dynamic linker knows a library outside of the usual folders: the paths in its cache are plain strings. */
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
     * Where the loader looks for ICD files.
     *
     * @return the folder (or file) of {@code $OCL_ICD_VENDORS} or {@code $OPENCL_VENDOR_PATH}, else
     *     {@code /etc/OpenCL/vendors}
     */
    public Path vendors() {
        return redirection().map(variable -> Path.of(environment.get(variable))).orElse(usualVendors());
    }

    private Path usualVendors() {
        return root.resolve("etc/OpenCL/vendors");
    }

    /** Whether there are ICD files where the loader looks unless the environment redirects it. */
    boolean hasUsualIcdFiles() {
        try (Stream<Path> files = Files.isDirectory(usualVendors()) ? Files.list(usualVendors()) : Stream.empty()) {
            return files.anyMatch(file -> file.toString().endsWith(".icd"));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    /**
     * The environment variable that makes the loader look elsewhere.
     *
     * @return its name, or empty when none is set
     */
    public Optional<String> redirection() {
        return Stream.of("OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH")
                .filter(variable -> !environment.getOrDefault(variable, "").isEmpty())
                .findFirst();
    }

    /**
     * The ICD files there.
     *
     * @return each with its library, sorted by name; empty when there is none
     */
    public List<IcdFile> icdFiles() {
        Path vendors = vendors();
        if (redirection().isPresent() && !vendors.toString().endsWith(".icd") && !Files.isDirectory(vendors)) {
            // The variable may also name a driver's library itself.
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

    private IcdFile icdFile(Path file) {
        String library;
        try (InputStream in = regular(file)) {
            String text = new String(in.readNBytes(LONGEST_ICD_FILE), StandardCharsets.UTF_8);
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

    /** Pipes and devices would never end. */
    private static InputStream regular(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("no regular file");
        }
        return Files.newInputStream(file);
    }

    /** A shared library by path, or by name in the folders where the dynamic linker looks. */
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
            // No such folder: there is nothing to add.
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
            // Unreadable settings of the linker: the usual folders must do.
            return folders;
        }
        return folders;
    }
}
