package io.github.clnorm.device;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files that an OpenCL device hangs on, on a system with ICD files: the loader {@code libOpenCL.so.1} and one
 * {@code .icd} file a driver, which names the driver's library.
 */
public final class Installation {

    private static final String LOADER = "libOpenCL.so.1";

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
     * Loads the loader into this process.
     *
     * @throws UnsatisfiedLinkError when it is missing or cannot be loaded, with the linker's reason
     */
    void load() {
        Optional<Path> loader = loader();
        if (loader.isPresent()) {
            System.load(loader.get().toString());
        } else if (!isInLinkerCache()) {
            throw new UnsatisfiedLinkError(LOADER + " is not on this machine");
        }
    }

    /** Whether the dynamic linker knows a loader in a folder that is not one of the usual. */
    private boolean isInLinkerCache() {
        try {
            byte[] cache = Files.readAllBytes(root.resolve("etc/ld.so.cache"));
            return new String(cache, StandardCharsets.ISO_8859_1).contains(LOADER);
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Where the loader looks for ICD files.
     *
     * @return the folder (or file) of {@code $OCL_ICD_VENDORS} or {@code $OPENCL_VENDOR_PATH}, else
     *     {@code /etc/OpenCL/vendors}
     */
    public Path vendors() {
        return redirection()
                .map(variable -> Path.of(environment.get(variable)))
                .orElse(root.resolve("etc/OpenCL/vendors"));
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
        try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
            library = lines.map(String::strip).filter(line -> !line.isEmpty()).findFirst().orElse("");
        } catch (IOException | UncheckedIOException e) {
            return new IcdFile(file, "", Files.isDirectory(file) ? "is a folder, expected a file" : "cannot be read");
        }
        if (library.isEmpty()) {
            return new IcdFile(file, "", "is empty, expected the name of a library");
        }
        return new IcdFile(file, library, library(library).isPresent() ? null : library + " is not on this machine");
    }

    /** A shared library by path, or by name in the folders where the dynamic linker looks. */
    private Optional<Path> library(String name) {
        if (name.contains("/")) {
            return Optional.of(Path.of(name)).filter(Files::exists);
        }
        return folders().stream().map(folder -> folder.resolve(name)).filter(Files::exists).findFirst();
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
            below.filter(folder -> folder.getFileName().toString().contains("-linux-")).forEach(folders::add);
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
